"""Restarts Airflow for an update of the environment through MWAA's API: `python -m mwaa_local.native.update`.

The service API (src/localstack_mwaa, updates.py) asks by <state>/mwaa/restart.json, the keeper sees it and starts this, which
answers in <state>/mwaa/restarted.json: {"id": ..., "error": "" once all roles are healthy, or why one is not}.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from mwaa_local.errors import LocalError
from mwaa_local.native.stack import NativeStack
from mwaa_local.stack import last_started

ROLES = ("scheduler", "worker", "webserver")


def main() -> None:
    stack = last_started()
    folder = stack.settings.mwaa_state / "mwaa"
    taken = folder / "restarting.json"
    with suppress(FileNotFoundError):  # another look of the keeper was quicker
        (folder / "restart.json").rename(taken)
        _answer(folder, json.loads(taken.read_text())["id"], _restart(stack))


def _restart(stack: object) -> str:
    if not isinstance(stack, NativeStack):
        return "the stack does not run in native mode"
    try:
        stack.restart(ROLES)
    except LocalError as error:
        return str(error)
    return ""


def _answer(folder: Path, number: str, error: str) -> None:
    fresh = folder / "restarted.json.new"
    fresh.write_text(json.dumps({"id": number, "error": error}))
    fresh.replace(folder / "restarted.json")


if __name__ == "__main__":
    main()
