"""The user's requirements.txt: installed over Airflow's environment as MWAA does it, with MWAA's pip 21.3.1.

MWAA runs `pip3 install --user -r requirements.txt`: what is there already stays, what differs shadows it. Here a second
environment lies over the first in the same way, so that the first stays MWAA's own list. It is made only when the file
asks for something that is not there, and only when the file has changed.

Other than on MWAA, a file that does not resolve ends `make up`: MWAA would start without any of it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from mwaa_local import configuration_options
from mwaa_local.console import err
from mwaa_local.environments import STAMP, Installer
from mwaa_local.errors import InstallFailed
from mwaa_local.settings import Settings
from mwaa_local.versions import versions

BASE = "airflow"
# What asks pip and knows of constraints; it runs in Airflow's interpreter, in both modes.
MODULE = "mwaa_airflow.requirements"


def prefix_for(settings: Settings) -> Path:
    """The folder of the environment that Airflow runs in: the locked one, or one with the user's requirements over it.

    Raises InstallFailed with pip's own words when the requirements cannot be installed.
    """
    base, place = settings.mwaa_state / "venvs" / BASE, settings.mwaa_state / "requirements"
    file = settings.mwaa_project / "requirements.txt"
    text = file.read_text() if file.is_file() else ""
    key, stamp = _key(settings, text), place / STAMP
    if not stamp.is_file() or stamp.read_text() != key:
        missing = file.is_file() and missing_lines(settings, file)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if missing:
            _install(settings, file, place)
        stamp.write_text(key)
    return place if (place / "bin").is_dir() else base


def missing_lines(settings: Settings, file: Path) -> list[str]:
    """The requirements that Airflow's locked environment does not meet."""
    command = [str(settings.venv_python(BASE)), "-W", "ignore", "-m", MODULE, "missing", str(file)]
    return list(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def _install(settings: Settings, file: Path, place: Path) -> None:
    installer = Installer(settings)
    python = installer.interpreter(versions()["PYTHON_AIRFLOW"]).path
    subprocess.run(
        [str(installer.uv), "--no-config", "venv", "--quiet", "--python", str(python), str(place)], check=True
    )
    for site in (place / "lib").glob("python3*/site-packages"):
        below = settings.mwaa_state / "venvs" / BASE / "lib" / site.parent.name / "site-packages"
        # addsitedir, for the packages below have .pth files of their own
        (site / "zz_mwaa_local.pth").write_text(f"import site; site.addsitedir({str(below)!r})\n")
    with err.status(f"Installing {file} ..."):
        command = [str(place / "bin" / "python"), "-W", "ignore", "-m", MODULE, "install", str(file)]
        # pip puts them in for ${AIRFLOW__FOO__USER}
        environment = installer.clean_environment() | configuration_options.load(settings.mwaa_project).as_environment()
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        shutil.rmtree(place, ignore_errors=True)
        problem, _, advice = done.stderr.strip().rpartition("\nNext: ")
        raise InstallFailed(problem or advice, advice)


def _key(settings: Settings, text: str) -> str:
    """What the result depends on: the file, the files and configuration options that it names, the environment below."""
    digest = hashlib.sha256(text.encode())
    for name, value in configuration_options.load(settings.mwaa_project).as_environment().items():
        if f"${{{name}}}" in text:
            digest.update(value.encode())
    digest.update((settings.mwaa_state / "venvs" / BASE / STAMP).read_bytes())
    for word in text.split():
        path = settings.mwaa_project / word.strip("\"'")
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
