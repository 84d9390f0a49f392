"""Restarts Airflow for an update of the environment through MWAA's API: `python -m mwaa_local.update`.

The service API (src/localstack_mwaa, updates.py) asks by restart.json in its folder, the keeper sees it and starts this, which
answers there in restarted.json: {"id": ..., "error": "" once all roles are healthy, or why one is not}.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from mwaa_local.errors import LocalError
from mwaa_local.stack import Stack, last_started

ROLES = ("scheduler", "worker", "webserver")
NATIVE, DOCKER = "mwaa", "mwaa-docker"
"""The API's folder in the state folder: of each mode its own, as S3's objects are."""
ASKED, TAKEN, ANSWER = "restart.json", "restarting.json", "restarted.json"


def folder(stack: Stack) -> Path:
    return stack.settings.mwaa_state / (DOCKER if stack.settings.mode == "docker" else NATIVE)


def is_asked_for(place: Path) -> bool:
    return (place / ASKED).exists()


def begin() -> subprocess.Popen[bytes]:
    """This module as a process of its own, for a keeper that has other things to look after."""
    return subprocess.Popen([sys.executable, "-m", "mwaa_local.update"], stdin=subprocess.DEVNULL)


def main() -> None:
    stack = last_started()
    place = folder(stack)
    with suppress(FileNotFoundError):  # another look of the keeper was quicker
        (place / ASKED).rename(place / TAKEN)
        _answer(place, json.loads((place / TAKEN).read_text())["id"], _restart(stack))


def _restart(stack: Stack) -> str:
    try:
        stack.restart(ROLES)
    except LocalError as error:
        return str(error)
    return ""


def _answer(place: Path, number: str, error: str) -> None:
    fresh = place / f"{ANSWER}.new"
    fresh.write_text(json.dumps({"id": number, "error": error}))
    fresh.chmod(0o644)  # in Docker mode its reader is another user
    fresh.replace(place / ANSWER)


if __name__ == "__main__":
    main()
