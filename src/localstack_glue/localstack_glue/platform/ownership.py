"""One process per state folder, and a note that says which one serves.

`$LOCALSTACK_HOME/lock` is held (flock) for the life of the process: the kernel releases it, however the process ends.
`$LOCALSTACK_HOME/run.json` exists from "Ready." to the end of an orderly stop:

    {"pid": 4711, "session_id": "<as in /_localstack/info>", "host": "127.0.0.1", "port": 4566, "started": 1763838725.1}

`GET /_localstack/run` answers with the same: a health check that finds another `session_id` there talks to somebody
else's process. (`/_localstack/info` has it as well, and runs `docker ps` to get there.)
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO, Any

from localstack import config
from localstack.http import Resource, Response
from localstack.services.internal import get_internal_apis
from localstack.utils.analytics.metadata import get_session_id

from . import loopback
from .snapshots import write_atomically

_held: list[IO[str]] = []


def claim(home: Path) -> None:
    """Takes the folder, or ends the process with a line that names the owner."""
    home.mkdir(parents=True, exist_ok=True)
    if not _lock(home):
        loopback.give_up(_owner(home))
    run_file(home).unlink(missing_ok=True)


def announce(home: Path) -> None:
    """Writes run.json."""
    address = config.GATEWAY_LISTEN[0]
    note = {
        "pid": os.getpid(),
        "session_id": get_session_id(),
        "host": address.host,
        "port": address.port,
        "started": time.time(),
    }
    write_atomically(run_file(home), json.dumps(note).encode())


def serve_run_file(home: Path) -> None:
    """Adds the route."""
    get_internal_apis().add(Resource("/_localstack/run", _Run(home)))


class _Run:
    def __init__(self, home: Path) -> None:
        self._home = home

    def on_get(self, _request: Any) -> Any:
        try:
            return json.loads(run_file(self._home).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Response("not ready", 503)


def retire(home: Path) -> None:
    """Removes run.json."""
    run_file(home).unlink(missing_ok=True)


def run_file(home: Path) -> Path:
    return home / "run.json"


def _lock(home: Path) -> bool:
    file = open(home / "lock", "a+", encoding="utf-8")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _held.append(file)
    return True


def _owner(home: Path) -> str:
    pid = (home / "lock").read_text(encoding="utf-8").strip() or "unknown"
    return f"{home} is in use by process {pid}. Stop it first, or set another LOCALSTACK_HOME."
