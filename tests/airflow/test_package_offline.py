"""What `make package WHEELS=1` makes is installed by the steps of a real role, from nothing but plugins.zip."""

import json
import os
import shutil
import signal
import socket
import subprocess
import zipfile

import pytest
from conftest import ROOT, VENVS
from test_start_order import Project, source_that_does_not_build, wheel

# The last one decides whether Airflow's environment is up to date, which these tests must not change.
KEPT = ("PATH", "HOME", "LANG", "AMAZON_PROVIDER_VERSION")


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def begun(project, *words, **more):
    """The command line for this project, with an index that cannot be reached."""
    kept = {key: os.environ[key] for key in KEPT if key in os.environ}
    kept.update(
        MWAA_STATE=str(VENVS.parent), MWAA_PROJECT=str(project.folder), PYTHONPATH=str(ROOT / "src" / "mwaa_local")
    )
    kept.update(PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", **more)
    return subprocess.Popen(
        [str(VENVS / "cli" / "bin" / "python"), "-m", "mwaa_local", *words],
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def mwaa_local(project, *words):
    process = begun(project, *words)
    stdout, stderr = process.communicate(timeout=300)
    return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)


def source(folder, name):
    """A source distribution that builds."""
    source_that_does_not_build(folder, name)
    archive = folder / (name + "-1.0.tar.gz")
    unpacked = folder / "unpacked"
    shutil.unpack_archive(str(archive), str(unpacked))
    inside = unpacked / (name + "-1.0")
    (inside / "setup.py").write_text(
        "from setuptools import setup\nsetup(name={0!r}, version='1.0', py_modules=[{0!r}])\n".format(name)
    )
    (inside / (name + ".py")).write_text("WORD = 'built'\n")
    archive.unlink()
    shutil.make_archive(str(folder / (name + "-1.0")), "gztar", str(unpacked), name + "-1.0")
    shutil.rmtree(str(unpacked))


@pytest.mark.slow
def test_the_packed_set_is_installed_by_a_role_without_an_index(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wheel(elsewhere, "users_own", code="WORD = 'mine'\n", requires=["helper"])
    wheel(elsewhere, "helper")
    source(elsewhere, "from_source")
    (project.plugins / "one.py").write_text("ONE = 1\n")
    text = "--find-links {}\nusers_own==1.0\nfrom_source==1.0\npandas==1.3.4\n".format(elsewhere)
    (project.folder / "requirements.txt").write_text(text)
    done = mwaa_local(project, "package", "--wheels")
    assert done.returncode == 0, done.stdout + done.stderr
    dist = project.folder / "dist"
    with zipfile.ZipFile(str(dist / "plugins.zip")) as archive:
        names = archive.namelist()
    assert sorted(names) == [
        "constraints.txt", "from_source-1.0-py3-none-any.whl", "helper-1.0-py3-none-any.whl", "one.py",
        "users_own-1.0-py3-none-any.whl",
    ]  # fmt: skip
    first = {path.name: path.read_bytes() for path in dist.iterdir()}
    assert mwaa_local(project, "package", "--wheels").returncode == 0
    assert {path.name: path.read_bytes() for path in dist.iterdir()} == first

    shutil.rmtree(str(elsewhere))
    for name in ("plugins.zip", "requirements.txt"):
        shutil.copyfile(str(dist / name), str(project.folder / name))
    shutil.rmtree(str(project.plugins))
    environment = project.start(PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert project.step("requirements") == ("done", "")
    assert project.installed() == ["from_source.py", "helper.py", "users_own.py"]
    code = "import users_own, from_source, pandas; print(users_own.WORD, from_source.WORD, pandas.__version__)"
    said = subprocess.run(
        [environment["AIRFLOW_PYTHON"], "-c", code], env=environment, stdout=subprocess.PIPE, universal_newlines=True
    )
    assert said.stdout == "mine built 1.3.4\n"


COMPILED = """#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "compiled", __FILE__, -1, NULL};
PyMODINIT_FUNC PyInit_compiled(void) { return PyModule_Create(&module); }
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("gcc"), reason="there is no compiler")
def test_what_is_compiled_twice_is_equal_although_each_build_has_its_own_folder(project, tmp_path):
    with zipfile.ZipFile(str(project.plugins / "compiled-1.0.zip"), "w") as archive:
        archive.writestr("compiled-1.0/compiled.c", COMPILED)
        archive.writestr("compiled-1.0/PKG-INFO", "Name: compiled\nVersion: 1.0\n")
        archive.writestr(
            "compiled-1.0/setup.py",
            "from setuptools import Extension, setup\n"
            "setup(name='compiled', version='1.0', ext_modules=[Extension('compiled', ['compiled.c'])])\n",
        )
    project.requirements("compiled==1.0")
    made = []
    for name in ("one", "two"):
        done = mwaa_local(project, "package", "--wheels", "--out", str(tmp_path / name))
        assert done.returncode == 0, done.stdout + done.stderr
        made.append((tmp_path / name / "plugins.zip").read_bytes())
        assert "compiled-1.0-cp37-cp37m-linux_x86_64.whl" in (tmp_path / name / "wheels.txt").read_text()
    assert made[0] == made[1]


def test_what_does_not_build_is_not_packed(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source_that_does_not_build(elsewhere, "broken")
    setup = "import sys\nfrom setuptools import setup\nif 'bdist_wheel' in sys.argv: sys.exit('no such compiler')\n"
    with zipfile.ZipFile(str(elsewhere / "broken-1.0.zip"), "w") as archive:
        archive.writestr("broken-1.0/setup.py", setup + "setup(name='broken', version='1.0')\n")
        archive.writestr("broken-1.0/PKG-INFO", "Name: broken\nVersion: 1.0\n")
    (elsewhere / "broken-1.0.tar.gz").unlink()
    (project.folder / "requirements.txt").write_text("--no-index\n--find-links {}\nbroken==1.0\n".format(elsewhere))
    done = mwaa_local(project, "package", "--wheels")
    assert done.returncode == 1 and "Failed to build broken" in done.stdout
    assert "requirements.txt does not resolve" in done.stderr and not (project.folder / "dist").exists()


def test_ctrl_c_ends_pip_and_leaves_nothing_behind(project, tmp_path):
    """The index takes the connection and never answers."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(8)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (project.folder / "requirements.txt").write_text(
        "--index-url http://127.0.0.1:{}/simple\nanything==1.0\n".format(listening.getsockname()[1])
    )
    process = begun(project, "check-requirements", TMPDIR=str(temporary))
    connection, _ = listening.accept()
    assert any(temporary.iterdir())
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "Stopped." in said
    assert list(temporary.iterdir()) == []
    connection.settimeout(30)
    while connection.recv(65536):  # until the other end is gone
        pass
    listening.close()


def test_the_check_says_what_would_change_as_json_and_by_its_exit_code(project):
    wheel(project.plugins, "pytz", "2023.3")
    wheel(project.plugins, "helper")
    project.requirements("helper==1.0")
    done = mwaa_local(project, "check-requirements")
    assert done.returncode == 0 and "It would work: 1 package would be installed" in done.stdout, done.stderr
    project.requirements("helper==1.0", "pytz==2023.3")
    done = mwaa_local(project, "check-requirements", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1 and (answer["ok"], answer["resolved"]) == (False, True)
    assert [(one["name"], one["old"], one["new"]) for one in answer["changes"]] == [("pytz", "2021.3", "2023.3")]
    assert [one["id"] for one in answer["findings"] if one["severity"] == "error"] == ["own-package-changed"]
