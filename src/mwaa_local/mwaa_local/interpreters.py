"""Finds a Python of a given minor version on this machine, or has uv fetch one."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mwaa_local.errors import InterpreterMissing
from mwaa_local.settings import ROOT

# Modules whose absence shows only later, in the middle of an install or of a DAG.
NEEDED_MODULES = "ssl, sqlite3, bz2, zlib, ctypes, hashlib"
PROBE = f"import sys, {NEEDED_MODULES}; print('%d.%d.%d' % sys.version_info[:3], sys.prefix == sys.base_prefix)"


@dataclass(frozen=True)
class Interpreter:
    """A working Python: its path, resolved, and its full version ("3.7.16")."""

    path: Path
    version: str


def find(minor: str, fetch_into: Path, uv: Path) -> Interpreter:
    """The first working interpreter of version `minor` ("3.7").

    Looks at PYTHON_3_7 (when set, nothing else counts), PATH, pyenv (its versions folder, for its shims fail when no
    version is selected), asdf, mise, conda, the usual system folders, then what uv fetched earlier; at last uv fetches.
    Raises InterpreterMissing with every place that was looked at.
    """
    looked: list[str] = []
    for place, path in _candidates(minor, fetch_into):
        found, why_not = _probe(path, minor)
        if found:
            return found
        looked.append(f"{path} ({place}): {why_not}")
    fetched, answer = _fetch(minor, fetch_into, uv)
    if fetched:
        return fetched
    looked.append(f"uv python install {minor}: {answer}")
    raise InterpreterMissing(_report(minor, looked), _advice(minor))


def variable(minor: str) -> str:
    """The variable that names an interpreter which lies in no usual place: PYTHON_3_7."""
    return f"PYTHON_{minor.replace('.', '_')}"


def _candidates(minor: str, fetch_into: Path) -> Iterator[tuple[str, Path]]:
    named = variable(minor)
    if os.environ.get(named):
        yield named, Path(os.environ[named]).expanduser()
        return
    home = Path.home()
    name = f"python{minor}"
    places = [("PATH", str(Path(folder) / name)) for folder in os.get_exec_path()]
    pyenv = os.environ.get("PYENV_ROOT") or home / ".pyenv"
    asdf = os.environ.get("ASDF_DATA_DIR") or home / ".asdf"
    mise = os.environ.get("MISE_DATA_DIR") or home / ".local/share/mise"
    places += [
        ("pyenv", f"{pyenv}/versions/{minor}.*/bin/{name}"),
        ("asdf", f"{asdf}/installs/python/{minor}.*/bin/{name}"),
    ]
    places += [("mise", f"{mise}/installs/python/{minor}.*/bin/{name}")]
    for conda in [
        os.environ.get("CONDA_PREFIX"),
        *(home / n for n in CONDA_NAMES),
        *(f"/opt/{n}" for n in CONDA_NAMES),
    ]:
        places += [("conda", f"{conda}/bin/{name}"), ("conda", f"{conda}/envs/*/bin/{name}")] if conda else []
    places += [("system", f"{folder}/{name}") for folder in SYSTEM_FOLDERS]
    places += [("Homebrew", f"{brew}/opt/python@{minor}/bin/{name}") for brew in ("/opt/homebrew", "/usr/local")]
    places += [("fetched by uv", f"{fetch_into}/cpython-{minor}.*/bin/{name}")]
    seen: set[str] = set()
    for place, pattern in places:
        # newest patch release first
        for path in sorted(glob.glob(pattern), key=_patch_release, reverse=True):
            if path not in seen:
                seen.add(path)
                yield place, Path(path)


COMPOSE_FILE = ROOT / "docker" / "docker-compose.yml"
SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/python/*/bin")
CONDA_NAMES = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "conda")


def _patch_release(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in "".join(c if c.isdigit() else " " for c in path).split())


def _probe(path: Path, minor: str) -> tuple[Interpreter | None, str]:
    """Whether `path` really is a working Python `minor`; if not, why not."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        done = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=20, env=clean)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["does not run"])[-1]
    version, is_base = done.stdout.split()
    if not version.startswith(f"{minor}."):
        return None, f"is Python {version}"
    if is_base != "True":
        return None, "belongs to a virtual environment"
    return Interpreter(Path(path).resolve(), version), ""


def _fetch(minor: str, fetch_into: Path, uv: Path) -> tuple[Interpreter | None, str]:
    command = [
        str(uv),
        "python",
        "install",
        "--no-config",
        "--no-bin",
        "--install-dir",
        str(fetch_into),
        f"cpython@{minor}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        return None, str(error)
    if done.returncode:
        return None, " ".join(done.stderr.split()) or "failed"
    for path in glob.glob(f"{fetch_into}/cpython-{minor}.*/bin/python{minor}"):
        found, _ = _probe(Path(path), minor)
        if found:
            return found, ""
    return None, "fetched nothing that works"


def _report(minor: str, looked: list[str]) -> str:
    places = "\n".join(f"  - {line}" for line in looked)
    return (
        f"No working Python {minor} was found. Looked in PATH, pyenv, asdf, mise, conda, system folders, Homebrew, "
        f"then asked uv to fetch it:\n{places}"
    )


def _advice(minor: str) -> str:
    pyenv = "pyenv" if shutil.which("pyenv") else "pyenv (https://github.com/pyenv/pyenv)"
    return (
        f"either give this machine a Python {minor}: `pyenv install {minor}` with {pyenv}, "
        f"`conda create -n py{minor.replace('.', '')} python={minor}`, or on Ubuntu python{minor} of the deadsnakes PPA "
        f"(one elsewhere: {variable(minor)}=/path/to/python{minor} make up)"
        + ("; or use Docker mode, which brings its own: make up MODE=docker" if COMPOSE_FILE.is_file() else "")
    )
