"""Environments: made from their lock, up to date by content, healed after an interruption."""

import subprocess
import sys
from dataclasses import replace

import pytest

from mwaa_local import environments
from mwaa_local.environments import STAMP, Environment, Installer
from mwaa_local.errors import InstallFailed, InterpreterMissing
from mwaa_local.settings import Settings


@pytest.fixture
def installer(tmp_path, monkeypatch):
    """An installer with locks of its own: one environment without packages, so that nothing is downloaded."""
    locks = tmp_path / "locks"
    locks.mkdir()
    for name in ("tiny", "build"):
        (locks / f"{name}.txt").write_text("")
    monkeypatch.setattr(environments, "LOCKS", locks)
    installer = Installer(replace(Settings(), mwaa_state=tmp_path / "state"))
    dev_uv = sys.executable.replace("python", "uv")
    assert installer.uv.exists(), dev_uv
    return installer


TINY = Environment("tiny", "tiny", startup="import sys; sys.marked = True")


def python_of(installer, environment=TINY):
    return installer.place(environment) / "bin" / "python"


def test_an_environment_is_made_once(installer):
    assert installer.install([TINY]) == ["tiny"]
    assert installer.install([TINY]) == []


def test_the_startup_line_runs_in_every_interpreter(installer):
    installer.install([TINY])
    done = subprocess.run([python_of(installer), "-c", "import sys; print(sys.marked)"], capture_output=True, text=True)
    assert done.stdout.strip() == "True"


def test_a_changed_lock_makes_it_anew(installer):
    installer.install([TINY])
    (environments.LOCKS / "tiny.txt").write_text("# changed\n")
    assert installer.install([TINY]) == ["tiny"]


def test_an_interrupted_install_heals(installer):
    installer.install([TINY])
    (installer.place(TINY) / STAMP).unlink()
    python_of(installer).unlink()
    assert installer.install([TINY]) == ["tiny"]
    assert python_of(installer).exists()


def test_a_package_whose_hash_differs_is_refused(installer):
    (environments.LOCKS / "tiny.txt").write_text("six==1.17.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(InstallFailed, match=r"tiny could not be made"):
        installer.install([TINY])
    assert not installer.is_current(TINY)


def test_a_full_disk_is_said_before_anything_is_installed(installer, monkeypatch):
    monkeypatch.setattr(environments, "SPACE_NEEDED", 10**18)
    with pytest.raises(InstallFailed, match="GB free"):
        installer.install([TINY])
    assert not installer.place(TINY).exists()


def test_a_private_build_of_the_provider_changes_only_airflows_environment(tmp_path):
    other = Installer(replace(Settings(), mwaa_state=tmp_path, amazon_provider_version="2.4.1"))
    assert other.provider_version(Environment("airflow", "airflow")) == "2.4.1"
    assert other.provider_version(Environment("localstack", "localstack")) == ""


OPTIONAL = Environment("old", "tiny", minor="2.99", optional=True)


def test_an_optional_environment_without_interpreter_is_left_out_with_one_line(installer, capsys):
    assert installer.install([TINY, OPTIONAL]) == ["tiny"]
    said = [line for line in capsys.readouterr().err.splitlines() if "old" in line]
    assert said == [
        "old is left out, for no Python 2.99 was found; all else works without "
        "(pyenv install 2.99, or PYTHON_2_99=/path/to/python2.99 make up)"
    ]
    assert not installer.place(OPTIONAL).exists()
    assert installer.install([TINY, OPTIONAL]) == []


def test_a_needed_environment_without_interpreter_stops_the_install(installer):
    with pytest.raises(InterpreterMissing, match=r"No working Python 2.99"):
        installer.install([TINY, replace(OPTIONAL, optional=False)])
    assert not installer.place(TINY).exists()


def test_an_optional_environment_that_cannot_be_made_stops_nobody(installer, capsys):
    (environments.LOCKS / "broken.txt").write_text("six==1.17.0 --hash=sha256:" + "0" * 64 + "\n")
    broken = Environment("broken", "broken", optional=True)
    installer.install([TINY, broken])
    assert installer.is_current(TINY) and not installer.is_current(broken)
    assert "broken is left out" in capsys.readouterr().err


def test_no_environment_pays_for_uvs_start_up_code(installer):
    installer.install([TINY])
    assert list((installer.place(TINY) / "lib").glob("*/site-packages/_virtualenv*")) == []
