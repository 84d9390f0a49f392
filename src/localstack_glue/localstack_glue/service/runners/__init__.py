"""How each kind of job is run: Command.Name chooses the module.

A kind offers `prepare(run, fetch, settings) -> Launch` (raises CannotStart), `failure(run, status) -> str` and `memory(run) ->
Limit`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..memory import Limit, MemoryWatch
    from ..process import Process
    from ..runs import Run
    from ..settings import Settings
    from .spark.event_log import EventLog, Objects

Fetch = Callable[[str, str, str], bytes]
"""fetch(account, region, "s3://bucket/key"); raises CannotStart."""


class CannotStart(Exception):
    """The run ends as FAILED with this message as its ErrorMessage."""


@dataclass(frozen=True)
class Warm:
    """What a warm worker must be: the Glue version, and MB of the heap of its JVM."""

    glue: str
    heap: int


@dataclass(frozen=True)
class Launch:
    """A process to start: its words, its whole environment, the folder it works in (made if missing), and the warm worker that
    would do for it."""

    command: list[str]
    environment: dict[str, str]
    work: Path
    warm: Warm | None = None


class Kind(Protocol):
    def prepare(self, run: Run, fetch: Fetch, settings: Settings) -> Launch: ...

    def failure(self, run: Run, status: int) -> str: ...

    def memory(self, run: Run) -> Limit: ...


def prepare(run: Run, fetch: Fetch, settings: Settings) -> Launch:
    """Everything that must be there before the process of `run` can start. Raises CannotStart."""
    return _kind(run).prepare(run, fetch, settings)


def failure(run: Run, status: int) -> str:
    """ErrorMessage of a run whose process ended with `status`, which is not 0."""
    return _kind(run).failure(run, status)


def memory_watch(run: Run, shim: Process, settings: Settings) -> MemoryWatch:
    """What keeps `run`, whose process has started, within its memory."""
    from ..memory import MemoryWatch

    companion = run.local.get("Companion") or ""
    return MemoryWatch(run.id, run.folder, shim, _kind(run).memory(run), settings.memory_limits, companion=companion)


def event_log(run: Run, objects: Callable[[str, str], Objects], settings: Settings) -> EventLog:
    """Spark's event log of `run`, which only a Spark job has. `objects(account, region)` is S3."""
    from .spark.event_log import EventLog

    return EventLog(run, objects(run.local["Account"], run.local["Region"]), settings.minute)


def _kind(run: Run) -> Kind:
    from . import pythonshell, unavailable
    from .spark import job as spark

    name = run.local["Command"].get("Name")
    if name == "pythonshell":
        return pythonshell
    if name == "glueetl":
        return spark
    if name in unavailable.KINDS:
        return unavailable
    raise CannotStart(
        f"JobName:{run.record['JobName']} and JobRunId:{run.id} failed to execute with exception "
        "Could not find command for the given criteria"
    )
