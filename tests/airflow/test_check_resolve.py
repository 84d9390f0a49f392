"""What pip would install, asked in Airflow's interpreter with wheels of the test's own: no network, and nothing is installed."""

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import ROOT, VENVS
from pip._internal.models.target_python import TargetPython
from pip._internal.models.wheel import Wheel

from mwaa_airflow.check import imports, names
from mwaa_airflow.check.resolve import PLATFORMS

SITE_PACKAGES = VENVS / "airflow" / "lib" / "python3.7" / "site-packages"
GLUE = "airflow/providers/amazon/aws/operators/glue.py"
AMAZON = "apache_airflow_providers_amazon"


def wheel(folder, name, version, tag="py3-none-any", requires=(), **modules):
    """A wheel with modules {path with __ for /: source}; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    information = "{}-{}.dist-info/".format(name, version)
    metadata = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n".format(name, version)
    path = folder / "{}-{}-{}.whl".format(name, version, tag)
    with zipfile.ZipFile(str(path), "w") as archive:
        for module, source in modules.items():
            archive.writestr(module.replace("__", "/") + ".py", source)
        archive.writestr(
            information + "METADATA", metadata + "".join("Requires-Dist: {}\n".format(r) for r in requires)
        )
        archive.writestr(information + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {}\n".format(tag))
        archive.writestr(information + "RECORD", "")
    return path


def source(
    folder,
    name,
    version="1.0",
    setup="from setuptools import setup\nsetup(name={!r}, version={!r}, py_modules=[{!r}])\n",
):
    folder.mkdir(parents=True, exist_ok=True)
    files = {"setup.py": setup.format(name, version, name), name + ".py": "WORD = 1\n"}
    files["PKG-INFO"] = "Metadata-Version: 1.0\nName: {}\nVersion: {}\n".format(name, version)
    with tarfile.open(str(folder / "{}-{}.tar.gz".format(name, version)), "w:gz") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo("{}-{}/{}".format(name, version, path))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))


def amazon(folder, version, glue):
    return wheel(folder, AMAZON, version, airflow__providers__amazon__aws__operators__glue=glue)


class Project:
    def __init__(self, folder):
        self.folder, self.plugins, self.work = folder / "project", folder / "project" / "plugins", folder / "work"
        for path in (self.folder / "dags", self.plugins, self.work):
            path.mkdir(parents=True)

    def resolve(self, *lines, build=False, local=True, official=None, code="", **environment):
        """The report for a requirements.txt of these lines."""
        head = ["--no-index", "--find-links /usr/local/airflow/plugins"] if local else []
        (self.folder / "requirements.txt").write_text("\n".join([*head, *lines]) + "\n")
        more = ["--build", str(VENVS / "airflow-build")] if build else []
        more += ["--official", str(official)] if official else []
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        kept.update(PYTHONPATH=str(ROOT / "src" / "mwaa_airflow"), PIP_CONFIG_FILE=os.devnull, PIP_NO_CACHE_DIR="1")
        how = ["-c", code] if code else ["-m", "mwaa_airflow.check.resolve"]
        command = [sys.executable, "-W", "ignore", *how, "--project", str(self.folder)]
        done = subprocess.run(
            [*command, "--work", str(self.work), *more], env=dict(kept, TMPDIR=str(self.work), **environment),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        self.said = done.stdout
        return json.loads((self.work / "report.json").read_text())


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def installed(report):
    return [(one["name"], one["version"], one["kind"]) for one in report["install"]]


# --- pip's answer


def test_what_is_there_is_kept_and_nothing_is_installed(project):
    before = sorted(SITE_PACKAGES.iterdir())
    wheel(project.plugins, "users_own", "1.0", requires=["helper>=1", "pandas>=1"])
    wheel(project.plugins, "helper", "1.5")
    wheel(project.plugins, "pandas", "1.3.5")
    report = project.resolve("users_own==1.0", "apache-airflow==2.2.2")
    assert sorted(installed(report)) == [("helper", "1.5", "wheel"), ("users-own", "1.0", "wheel")]
    by = {one["name"]: one["asked_by"] for one in report["install"]}
    assert by == {"users-own": "-r requirements.txt (line 3)", "helper": "users-own"}
    assert (report["error"], report["causes"], report["pip"], report["asked"]) == ("", [], "21.3.1", True)
    assert sorted(SITE_PACKAGES.iterdir()) == before


def test_pip_is_not_asked_where_every_line_is_met_as_a_role_does_it(project):
    report = project.resolve("apache-airflow==2.2.2", "pandas==1.3.4", PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert (report["asked"], report["met"], report["install"]) == (
        False,
        ["apache-airflow==2.2.2", "pandas==1.3.4"],
        [],
    )


def test_another_provider_says_which_names_disappear_and_which_lines_use_them(project):
    amazon(project.plugins, "6.0.0", "class GlueJobOperator:\n    pass\n")
    (project.folder / "dags" / "one.py").write_text(
        "import os\nfrom airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator\n"
    )
    (project.folder / "dags" / "two.py").write_text(
        "from airflow.providers.amazon.aws.operators import glue\nfrom airflow.providers.amazon.aws.hooks.s3 import S3Hook\n"
        "\nglue.AwsGlueJobOperator()\nglue.GlueJobOperator()\n"
    )
    report = project.resolve("apache-airflow-providers-amazon==6.0.0")
    (one,) = report["install"]
    assert one["gone_names"]["airflow.providers.amazon.aws.operators.glue"] == ["AwsGlueJobOperator"]
    assert "airflow.providers.amazon.aws.hooks.s3" in one["gone_modules"]
    glue, s3 = "airflow.providers.amazon.aws.operators.glue", "airflow.providers.amazon.aws.hooks.s3"
    assert [(use["file"], use["line"], use["module"], use["name"]) for use in one["broken_imports"]] == [
        ("dags/one.py", 2, glue, "AwsGlueJobOperator"),
        ("dags/two.py", 2, s3, "S3Hook"),
        ("dags/two.py", 4, glue, "AwsGlueJobOperator"),
    ]


def test_a_pin_against_the_constraint_is_a_conflict_in_pips_words_and_what_it_would_have_done(project):
    amazon(project.plugins, "6.0.0", "")
    (project.folder / "dags" / "c.txt").write_text("apache-airflow-providers-amazon==2.4.0\n")
    report = project.resolve("-c /usr/local/airflow/dags/c.txt", "apache-airflow-providers-amazon==6.0.0")
    assert report["error"].startswith("ERROR: Cannot install apache-airflow-providers-amazon==6.0.0 because")
    assert "    The user requested (constraint) apache-airflow-providers-amazon==2.4.0" in report["words"]
    assert report["install"] == []
    (refused,) = report["refused"]
    assert refused["gone_names"]["airflow.providers.amazon.aws.operators.glue"] == ["AwsGlueJobOperator"]


def test_requirements_of_others_that_would_break_are_said_once_and_not_what_mwaa_breaks_itself(project):
    wheel(project.plugins, "Flask", "2.0.0")
    report = project.resolve("flask==2.0.0")
    assert any(said.startswith("apache-airflow 2.2.2 requires flask<2.0") for said in report["broken"])
    assert not any("watchtower" in said for said in report["broken"])


WITHOUT_A_COMPILER = """
import sys
from mwaa_airflow.check import resolve
resolve.COMPILED = {!r}
resolve.main(sys.argv[1:])
"""


def test_what_mwaa_has_and_this_machine_could_not_compile_counts_as_installed(project, tmp_path):
    (tmp_path / "compiled.in").write_text("# MWAA has it\nMwaa-Has==3.0\n")
    wheel(project.plugins, "new", "1.0", requires=["mwaa_has>=3"])
    code = WITHOUT_A_COMPILER.format(str(tmp_path / "compiled.in"))
    assert installed(project.resolve("new", code=code)) == [("new", "1.0", "wheel")]
    assert project.resolve("mwaa_has==3.0", code=code)["asked"] is False
    report = project.resolve("mwaa_has==4.0", code=code)
    assert report["error"] and report["installed"]["mwaa-has"]["version"] == "3.0"


# --- files that MWAA cannot use


@pytest.mark.parametrize(
    "tag, usable",
    [
        ("cp37-cp37m-manylinux_2_26_x86_64", True),
        ("cp37-cp37m-manylinux2014_x86_64", True),
        ("cp36-abi3-manylinux1_x86_64", True),
        ("cp37-cp37m-manylinux_2_27_x86_64", False),
        ("cp37-cp37m-manylinux2014_aarch64", False),
        ("cp37-cp37m-macosx_11_0_arm64", False),
        ("cp38-cp38-manylinux2014_x86_64", False),
    ],
)
def test_only_wheels_for_python_37_on_amazon_linux_2_count(tag, usable):
    file = Wheel("compiled-1.0-{}.whl".format(tag))
    assert file.supported(TargetPython(platforms=PLATFORMS).get_tags()) is usable


def test_files_that_do_not_fit_are_told_with_what_they_are_for(project):
    tag = "cp37-cp37m-manylinux2014_aarch64"
    wheel(project.plugins, "compiled", "1.0", tag)
    report = project.resolve("compiled==1.0")
    assert report["error"] == "ERROR: No matching distribution found for compiled==1.0"
    (cause,) = report["causes"]
    (file,) = cause["files"]
    assert (cause["name"], cause["wanted"], file["tags"], file["usable"]) == ("compiled", "==1.0", [tag], False)


def test_the_platforms_are_those_of_glibc_2_26_best_first():
    assert PLATFORMS[0] == "manylinux_2_26_x86_64" and PLATFORMS[-1] == "linux_x86_64"
    assert PLATFORMS.index("manylinux2014_x86_64") == PLATFORMS.index("manylinux_2_17_x86_64") + 1


def test_an_index_that_says_which_python_a_file_needs_is_believed(project, tmp_path):
    page = tmp_path / "simple" / "modern" / "index.html"
    file = wheel(page.parent, "modern", "2.0")
    page.write_text('<a href="{0}" data-requires-python="&gt;=3.9">{0}</a>'.format(file.name))
    report = project.resolve("--index-url file://{}".format(tmp_path / "simple"), "modern==2.0", local=False)
    (cause,) = report["causes"]
    assert [(one["python"], one["python_fits"]) for one in cause["files"]] == [(">=3.9", False)]


def test_a_source_says_so_and_is_built_only_when_asked(project):
    source(project.plugins, "builds")
    report = project.resolve("builds")
    assert installed(report) == [("builds", "1.0", "source")]
    assert not list((project.work / "files").glob("*.whl"))
    report = project.resolve("builds", build=True)
    assert [Path(one["path"]).name for one in report["install"]] == ["builds-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("line", ["-e ./mine", "./mine"])
@pytest.mark.parametrize("build", [False, True])
def test_a_folder_of_the_project_is_asked_and_built_without_a_trace_in_it(project, line, build):
    mine = project.folder / "mine"
    mine.mkdir()
    (mine / "setup.py").write_text(
        "from setuptools import setup\nsetup(name='mine', version='3.0', py_modules=['mine'])\n"
    )
    (mine / "mine.py").write_text("WORD = 1\n")
    report = project.resolve(line, build=build)
    (one,) = report["install"]
    assert (one["name"], one["version"], one["asked_by"]) == ("mine", "3.0", "-r requirements.txt (line 3)")
    if build:
        assert Path(one["path"]).name == "mine-3.0-py3-none-any.whl"
        with zipfile.ZipFile(one["path"]) as archive:
            assert "mine.py" in archive.namelist()
    assert sorted(path.name for path in mine.iterdir()) == ["mine.py", "setup.py"]
    assert sorted(path.name for path in project.folder.iterdir()) == ["dags", "mine", "plugins", "requirements.txt"]
    assert not (VENVS / "airflow" / "src").exists()


def test_a_source_that_does_not_build_is_named(project):
    setup = (
        "import sys\nfrom setuptools import setup\nif 'bdist_wheel' in sys.argv: sys.exit('error: no such compiler')\n"
    )
    source(project.plugins, "broken", setup=setup + "setup(name={!r}, version={!r}, py_modules=[{!r}])\n")
    report = project.resolve("broken", build=True)
    assert report["error"] == "Failed to build broken: error: no such compiler"


ON_A_MAC = """
import sys
from mwaa_airflow.check import resolve
from pip._vendor.packaging import markers
from pkg_resources.extern.packaging import markers as installed_markers
mac = dict(markers.default_environment(), sys_platform="darwin", platform_system="Darwin", platform_machine="arm64")
markers.default_environment = installed_markers.default_environment = lambda: dict(mac)
resolve._this_machine = lambda: "darwin arm64"
resolve.main(sys.argv[1:])
"""


def test_on_another_machine_lines_count_as_on_mwaa(project):
    wheel(
        project.plugins,
        "for_linux",
        "1.0",
        "cp37-cp37m-manylinux2014_x86_64",
        requires=["deep; sys_platform == 'linux'"],
    )
    wheel(project.plugins, "deep", "1.0")
    wheel(project.plugins, "for_mac", "1.0")
    for_linux, for_mac = "for_linux; platform_machine == 'x86_64'", "for_mac; sys_platform == 'darwin'"
    for lines in ([for_linux], [for_linux, for_mac]):
        report = project.resolve(*lines, code=ON_A_MAC)
        assert sorted(one["name"] for one in report["install"]) == ["deep", "for-linux"]
    assert report["platform"] == "darwin arm64"


# --- where pip looks


def test_wheels_in_plugins_zip_are_found_as_on_mwaa(project, tmp_path):
    path = wheel(tmp_path / "elsewhere", "packed", "1.0")
    with zipfile.ZipFile(str(project.folder / "plugins.zip"), "w") as archive:
        archive.write(str(path), path.name)
    assert installed(project.resolve("packed")) == [("packed", "1.0", "wheel")]


def test_an_index_out_of_reach_is_named_without_its_password(project):
    url = "http://joe:secret@127.0.0.1:9/simple"
    report = project.resolve("--index-url " + url, "anything==1.0", local=False, PIP_RETRIES="0")
    ((page, why),) = report["unreachable"]
    assert page == "http://joe:****@127.0.0.1:9/simple/anything/" and "refused" in why
    assert report["error"] and "secret" not in json.dumps(report)


def test_the_official_constraints_are_fetched_once_and_kept(project, tmp_path):
    served = tmp_path / "served" / "constraints-2.2.2"
    served.mkdir(parents=True)
    (served / "constraints-3.7.txt").write_text("helper==1.0\n")
    for version in ("1.0", "2.0"):
        wheel(project.plugins, "helper", version)
    kept = tmp_path / "kept" / "constraints.txt"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(served.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line = "-c http://127.0.0.1:{}/constraints-2.2.2/constraints-3.7.txt".format(server.server_address[1])
    try:
        report = project.resolve(line, "helper", official=kept)
    finally:
        server.shutdown()
        server.server_close()
    assert installed(report) == [("helper", "1.0", "wheel")] and report["constraints"] == str(kept)
    assert installed(project.resolve(line, "helper", official=kept)) == [("helper", "1.0", "wheel")]
    kept.unlink()
    report = project.resolve(line, "helper", official=kept, PIP_RETRIES="0")
    assert installed(report) == [("helper", "2.0", "wheel")] and report["no_official"] and not kept.exists()


# --- names and uses


def test_names_are_read_without_importing_also_through_star_imports():
    files = {
        "a/__init__.py": "from .b import *\nfrom os import path as p\nimport x.y\n",
        "a/b.py": "try:\n    import fast\nexcept ImportError:\n    fast = None\nclass Kept: pass\n_hidden = LEVEL = 1\n",
        "a/c.py": "from elsewhere import *\n",
        "a/d.py": "def __getattr__(name): ...\n",
        "a/e.py": "this is no Python",
    }
    found = names._modules((path, lambda text=text: text) for path, text in files.items())
    assert found["a"].names >= {"Kept", "LEVEL", "fast", "p", "x"} and "_hidden" not in found["a"].names
    assert names.has(found, "a", "b") and names.has(found, "a", "Kept") and not names.has(found, "a", "Other")
    assert [name for name in sorted(found) if found[name].open] == ["a.c", "a.d", "a.e"]
    assert names.gone(found, {}) == (["a", "a.b", "a.c", "a.d", "a.e"], {"a": ["Kept", "LEVEL", "fast", "p", "x"],
                                                                      "a.b": ["Kept", "LEVEL", "fast"]})  # fmt: skip


def test_uses_are_imports_and_attributes_of_what_was_imported():
    text = "import a.b as ab\nimport c.d\nfrom e import f\nfrom . import own\nab.X\nc.d.Y\nf.Z.deep\nunknown().no\n"
    found = [use for use in imports.of_source(text) if use[1] not in ("c", "unknown")]
    assert found == [
        (1, "a.b", ""), (2, "c.d", ""), (3, "e", "f"), (5, "a.b", "X"), (6, "c.d", "Y"), (7, "e.f.Z", "deep"), (7, "e.f", "Z"),
    ]  # fmt: skip
