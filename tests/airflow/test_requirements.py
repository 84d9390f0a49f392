"""requirements.txt in Airflow's own interpreter: what is missing, what pip gets, and the user site of Docker mode."""

import os
import subprocess
import sys
import zipfile

import pytest

from mwaa_airflow import requirements


def wheel(folder, name, version="1.0"):
    """A wheel with one module, so that pip needs no network; returns its file name."""
    file = "{}-{}-py3-none-any.whl".format(name, version)
    info = "{}-{}.dist-info/".format(name, version)
    with zipfile.ZipFile(str(folder / file), "w") as archive:
        archive.writestr(name + ".py", "version = {!r}\n".format(version))
        archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: {}\nVersion: {}\n".format(name, version))
        archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(info + "RECORD", "")
    return file


def test_only_what_is_not_there_is_missing():
    text = "# all of it\n-c constraints.txt\napache-airflow==2.2.2\npandas>=1  # there\nno-such-package\npandas==99\n./a.whl\n"
    assert requirements.missing_lines(text) == ["no-such-package", "pandas==99", "./a.whl"]


def test_pip_gets_the_stand_in_for_the_official_constraints_and_other_files_by_their_full_names():
    text = (
        '--constraint "https://example.org/constraints-2.2.2/constraints-3.7.txt"\n'
        "-c own.txt\n-r https://example.org/more.txt\nrequests==2\n"
    )
    assert requirements.localised(text, "/project", "/stand-in") == (
        "--constraint /stand-in\n-c /project/own.txt\n-r https://example.org/more.txt\nrequests==2\n"
    )


@pytest.fixture
def sync(tmp_path):
    """Calls `sync` as the role does, with a user site of the test's own: (exit code, what it said)."""
    # a virtual environment has no user site, its interpreter has
    python = os.path.realpath(sys.executable)
    below = [path for path in sys.path if path.endswith("site-packages")]

    def call():
        code = "import sys, mwaa_airflow.requirements as r; r.main(sys.argv[1:])"
        done = subprocess.run(
            [python, "-W", "ignore", "-c", code, "sync", str(tmp_path / "requirements.txt")],
            env=dict(
                PATH=os.environ["PATH"],
                HOME=str(tmp_path),
                PYTHONUSERBASE=str(tmp_path / "base"),
                PYTHONPATH=os.pathsep.join(below + [p for p in sys.path if "/src/" in p]),
                PIP_NO_INDEX="1",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
        return done.returncode, done.stdout

    return call


def installed(folder):
    return sorted(path.name for path in (folder / "base").rglob("site-packages/*.py"))


def test_the_user_site_follows_the_file(sync, tmp_path):
    (tmp_path / "base").mkdir()
    file = tmp_path / "requirements.txt"
    file.write_text("apache-airflow==2.2.2\n")
    assert sync() == (0, "requirements.txt: asks for nothing that is not there\n")
    file.write_text("./{}\n".format(wheel(tmp_path, "users_own")))
    assert sync() == (0, "requirements.txt: installed ./users_own-1.0-py3-none-any.whl\n")
    assert installed(tmp_path) == ["users_own.py"]
    assert sync() == (0, "requirements.txt: unchanged\n")
    file.write_text("./{}\n".format(wheel(tmp_path, "another")))
    assert sync()[0] == 0 and installed(tmp_path) == ["another.py"]


def test_a_file_that_does_not_resolve_leaves_nothing_and_says_why(sync, tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "requirements.txt").write_text("./{}\nno-such-package==1\n".format(wheel(tmp_path, "users_own")))
    code, said = sync()
    assert code == 1 and "nothing of it was. pip said:" in said and "no-such-package" in said and "Next: " in said
    assert installed(tmp_path) == []


def test_a_changed_wheel_under_the_same_name_is_installed_again(sync, tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "requirements.txt").write_text("./{}\n".format(wheel(tmp_path, "users_own")))
    sync()
    with zipfile.ZipFile(str(tmp_path / "users_own-1.0-py3-none-any.whl"), "a") as archive:
        archive.writestr("more.py", "")
    assert sync()[1].startswith("requirements.txt: installed")
    assert installed(tmp_path) == ["more.py", "users_own.py"]
