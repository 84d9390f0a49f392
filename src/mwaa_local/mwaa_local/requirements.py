"""The user's requirements.txt: installed over Airflow's environment as MWAA does it, with MWAA's pip 21.3.1.

MWAA runs `pip3 install --user -r requirements.txt`: what is there already stays, what differs shadows it. Here a second
environment lies over the first in the same way, so that the first stays MWAA's own list. It is made only when the file
asks for something that is not there, and only when the file has changed.

Other than on MWAA, a file that does not resolve ends `make up`: MWAA would start without any of it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

from mwaa_local.console import err
from mwaa_local.environments import LOCKS, STAMP, Installer
from mwaa_local.errors import InstallFailed
from mwaa_local.settings import Settings
from mwaa_local.versions import versions

BASE = "airflow"
# The official constraints of this Airflow, wherever they are hosted. MWAA's own list stands in for them: it differs in
# five versions only, and is here without a network.
OFFICIAL_CONSTRAINTS = re.compile(r"constraints-2\.2\.2/constraints-3\.7\.txt")
CONSTRAINT_LINE = re.compile(r"^\s*(?:--constraint|-c)(?:\s+|=)[\"']?([^\"'\s]+)[\"']?", re.M)

# MWAA's list has watchtower 2.0.1, which the Amazon provider's own requirements forbid: MWAA installs it afterwards.
FOR_PIP = ("watchtower==2.0.1", "watchtower==1.0.6")

# Runs in Airflow's interpreter: prints the lines of a requirements file that the installed packages do not meet. Their
# own requirements do not count: MWAA's list is inconsistent on purpose.
MISSING = """
import json, sys
import pkg_resources

def is_met(line):
    try:
        wanted = pkg_resources.Requirement.parse(line)
    except ValueError:
        return False
    there = pkg_resources.working_set.by_key.get(wanted.key)
    return not wanted.url and not wanted.extras and there is not None and there in wanted

lines = [line.split(" #")[0].strip() for line in sys.stdin.read().splitlines()]
lines = [line for line in lines if line and not line.startswith(("#", "--constraint", "-c "))]
print(json.dumps([line for line in lines if not is_met(line)]))
"""


def prefix_for(settings: Settings) -> Path:
    """The folder of the environment that Airflow runs in: the locked one, or one with the user's requirements over it.

    Raises InstallFailed with pip's own words when the requirements cannot be installed.
    """
    base, place = settings.mwaa_state / "venvs" / BASE, settings.mwaa_state / "requirements"
    file = settings.mwaa_project / "requirements.txt"
    text = file.read_text() if file.is_file() else ""
    key, stamp = _key(settings, text), place / STAMP
    if not stamp.is_file() or stamp.read_text() != key:
        missing = missing_lines(settings, text)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        if missing:
            _install(settings, file, text, place)
        stamp.write_text(key)
    return place if (place / "bin").is_dir() else base


def missing_lines(settings: Settings, text: str) -> list[str]:
    """The requirements that Airflow's locked environment does not meet."""
    command = [str(settings.venv_python(BASE)), "-W", "ignore", "-c", MISSING]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def _install(settings: Settings, file: Path, text: str, place: Path) -> None:
    installer = Installer(settings)
    python = installer.interpreter(versions()["PYTHON_AIRFLOW"]).path
    subprocess.run(
        [str(installer.uv), "--no-config", "venv", "--quiet", "--python", str(python), str(place)], check=True
    )
    for site in (place / "lib").glob("python3*/site-packages"):
        below = settings.mwaa_state / "venvs" / BASE / "lib" / site.parent.name / "site-packages"
        # addsitedir, for the packages below have .pth files of their own
        (site / "zz_mwaa_local.pth").write_text(f"import site; site.addsitedir({str(below)!r})\n")
    command = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--no-input"]
    with err.status(f"Installing {file} ..."):
        done = subprocess.run(
            [*command, "-r", str(_localised(file, text, place))],
            capture_output=True, text=True, cwd=file.parent, env=installer.clean_environment(),
        )  # fmt: skip
    if done.returncode:
        said = "\n".join(f"  {line}" for line in (done.stdout + done.stderr).strip().splitlines()[-20:])
        shutil.rmtree(place, ignore_errors=True)
        raise InstallFailed(
            f"{file} could not be installed; nothing of it was. pip said:\n{said}",
            "correct the file (on MWAA the environment would start without any of it), then make up",
        )
    # what pip put over MWAA's watchtower 2.0.1 goes again, as MWAA does it by installing that one last
    uninstall = [
        str(place / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "uninstall",
        "--yes",
        "--quiet",
    ]
    subprocess.run([*uninstall, "watchtower"], capture_output=True, env=installer.clean_environment())


def _localised(file: Path, text: str, place: Path) -> Path:
    """The file as pip gets it: the official constraints by their local stand-in, all else as it is."""
    stand_in = place / "constraints.txt"
    stand_in.write_text((LOCKS / "airflow.in").read_text().replace(*FOR_PIP))

    def replace(match: re.Match[str]) -> str:
        return f"--constraint {stand_in}" if OFFICIAL_CONSTRAINTS.search(match.group(1)) else match.group(0)

    localised = place / file.name
    localised.write_text(CONSTRAINT_LINE.sub(replace, text))
    return localised


def _key(settings: Settings, text: str) -> str:
    """What the result depends on: the file, the constraint files it names, the environment below."""
    digest = hashlib.sha256(text.encode())
    digest.update((settings.mwaa_state / "venvs" / BASE / STAMP).read_bytes())
    for named in CONSTRAINT_LINE.findall(text):
        path = settings.mwaa_project / named
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
