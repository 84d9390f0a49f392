"""Finding interpreters: where it looks, what it refuses, what it says when there is none."""

import os
import sys
from pathlib import Path

import pytest

from mwaa_local import interpreters
from mwaa_local.errors import InterpreterMissing

MINE = f"{sys.version_info.major}.{sys.version_info.minor}"
REAL = Path(sys.executable).resolve()


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without any Python: empty PATH and home, a uv that has nothing."""
    for name in (
        "PYENV_ROOT",
        "ASDF_DATA_DIR",
        "MISE_DATA_DIR",
        "CONDA_PREFIX",
        *(n for n in os.environ if n.startswith("PYTHON_")),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(interpreters, "SYSTEM_FOLDERS", ())
    script(tmp_path / "uv", "echo 'error: No download found for request' >&2; exit 2")
    return tmp_path


def find(machine: Path, minor: str = MINE) -> interpreters.Interpreter:
    return interpreters.find(minor, machine / "fetched", machine / "uv")


def test_a_python_on_path_is_found(machine):
    script(machine / "bin" / f"python{MINE}", f'exec {REAL} "$@"')
    assert find(machine).version.startswith(MINE)


def test_a_failing_pyenv_shim_does_not_hide_the_version_behind_it(machine):
    script(machine / "bin" / f"python{MINE}", "echo 'pyenv: command not found' >&2; exit 127")
    behind = script(
        machine / "home" / ".pyenv" / "versions" / f"{MINE}.9" / "bin" / f"python{MINE}", f'exec {REAL} "$@"'
    )
    assert find(machine).path == behind


@pytest.mark.parametrize(
    "place",
    [
        f".asdf/installs/python/{MINE}.1/bin",
        f".local/share/mise/installs/python/{MINE}.1/bin",
        "miniconda3/envs/py/bin",
        "miniforge3/bin",
    ],
)
def test_version_managers_folders_are_looked_at(machine, place):
    there = script(machine / "home" / place / f"python{MINE}", f'exec {REAL} "$@"')
    assert find(machine).path == there


def test_a_variable_names_an_interpreter_in_no_usual_place(machine, monkeypatch):
    odd = script(machine / "odd" / "python", f'exec {REAL} "$@"')
    monkeypatch.setenv(f"PYTHON_{MINE.replace('.', '_')}", str(odd))
    assert find(machine).path == odd


def test_an_interpreter_of_another_version_is_not_taken(machine):
    script(machine / "bin" / "python3.7", f'exec {REAL} "$@"')
    with pytest.raises(InterpreterMissing, match=f"is Python {MINE}"):
        find(machine, "3.7")


def test_an_interpreter_without_ssl_is_not_taken(machine):
    script(machine / "bin" / f"python{MINE}", "echo \"ModuleNotFoundError: No module named '_ssl'\" >&2; exit 1")
    with pytest.raises(InterpreterMissing, match="_ssl"):
        find(machine)


def test_uv_fetches_when_nothing_is_there(machine):
    place = machine / "fetched" / f"cpython-{MINE}.1-linux" / "bin"
    script(machine / "uv", f"/bin/mkdir -p {place}; /bin/ln -s {REAL} {place}/python{MINE}")
    assert find(machine).path == REAL


def test_without_any_the_message_lists_the_places_and_the_ways_out(machine):
    script(machine / "bin" / "python3.7", "exit 127")
    with pytest.raises(InterpreterMissing) as missing:
        find(machine, "3.7")
    text = str(missing.value)
    for part in (
        str(machine / "bin" / "python3.7"),
        "uv python install 3.7",
        "pyenv install 3.7",
        "conda create",
        "PYTHON_3_7=",
    ):
        assert part in text
