"""Kinds of jobs that Glue knows and this build cannot run: accepted, then FAILED. Never green."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..memory import Limit
from . import CannotStart, Fetch

if TYPE_CHECKING:
    from ..runs import Run
    from ..settings import Settings

KINDS = {"gluestreaming": "Spark streaming", "glueray": "Ray"}


def prepare(run: Run, fetch: Fetch, settings: Settings) -> NoReturn:
    name = run.local["Command"]["Name"]
    raise CannotStart(
        f"{KINDS[name]} jobs (Command.Name={name}) are not available in this build of the local Glue service, so "
        "nothing was run. Run it on AWS, or make it a Spark job (glueetl) or a Python shell job (pythonshell)."
    )


def failure(run: Run, status: int) -> str:
    return f"Command failed with exit code {status}"


def memory(run: Run) -> Limit:
    return Limit(0, "")
