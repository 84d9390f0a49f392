"""Spark's event log of a run, put into S3 while the run goes on: as far as it got, it is there whatever ends the run.

Objects are named as Spark names the files: `<application>.inprogress` while one grows, `<application>` when Spark was stopped
in an orderly way, and `eventlog_v2_<application>/...` if the job rolls it. S3 replaces objects only as a whole, so a file
goes up again when it has grown, at most every EVERY minutes.
"""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from . import parameters
from .files import EVENTS

if TYPE_CHECKING:
    from ...runs import Run

LOG = logging.getLogger(__name__)
EVERY = 0.5  # minutes; as often as AWS ("Monitoring jobs using the Apache Spark web UI")
_GROWING = ".inprogress"


class Objects(Protocol):
    """S3, as the account of a run. Both raise whatever the client raises."""

    def put(self, uri: str, file: Path) -> None: ...

    def delete(self, uri: str) -> None: ...


class EventLog:
    """What a run's Spark has written, and what of it has been put below `--spark-event-logs-path`."""

    def __init__(self, run: Run, objects: Objects, minute: float) -> None:
        self._run, self._objects, self._pause = run, objects, EVERY * minute
        self._place = parameters.event_logs(run.local["Arguments"])
        self._put: dict[str, int] = {}  # size of each file when it was put
        self._next = time.monotonic() + self._pause

    def look(self) -> None:
        """Put what has grown, if it is time for that. A failure is tried again the next time."""
        if self._place and time.monotonic() >= self._next:
            try:
                self._ship()
            except Exception as problem:  # whatever the client raises: the log is still on disk
                LOG.warning("The event log of Glue run %s is not in S3 yet: %s", self._run.id, problem)
            self._next = time.monotonic() + self._pause

    def finish(self) -> None:
        """Put what there is, when no process of the run lives. A failure is told in the run's error log."""
        if not self._place:
            return
        try:
            self._ship()
        except Exception as problem:
            with contextlib.suppress(OSError), open(self._run.folder / "stderr", "a") as error_log:
                error_log.write(f"Spark's event log could not be put into {self._place}: {problem}\n")

    def _ship(self) -> None:
        folder = self._run.folder / "work" / EVENTS
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and not _is_checksum(path)):
            name, size = file.relative_to(folder).as_posix(), file.stat().st_size
            if self._put.get(name) == size:
                continue
            self._objects.put(f"{self._place}/{name}", file)
            self._put[name] = size
            if not name.endswith(_GROWING):
                self._objects.delete(f"{self._place}/{name}{_GROWING}")


def _is_checksum(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".crc")
