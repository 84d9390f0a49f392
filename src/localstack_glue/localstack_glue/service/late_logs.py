"""Completes the logs of runs that ended before all their output was shipped: Logs was away, or its disk was full.

`LogsDue` in a run's file says so, written before the run's terminal state. What was shipped and acknowledged is never
checked again: Logs keeps it (decision 0010).
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from .runs import Run, RunStore

TRY_AGAIN = 5.0  # seconds


class LateLogs:
    """`ship(run)` ships what is missing, and returns whether all is there."""

    def __init__(self, store: RunStore, ship: Callable[[Run], bool]) -> None:
        self._store, self._ship = store, ship
        self._lock = threading.Lock()
        self._busy = False
        self._stopped = threading.Event()

    def start(self) -> None:
        """In the background, until no run needs it."""
        with self._lock:
            if not self._busy and self._due():
                self._busy = True
                threading.Thread(target=self._complete, name="glue-late-logs", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _due(self) -> list[Run]:
        return [run for run in self._store.all() if run.ended and run.local.get("LogsDue")]

    def _complete(self) -> None:
        while not self._stopped.is_set():
            for run in self._due():
                if not self._stopped.is_set() and self._ship(run):
                    self._store.remember(run, LogsDue=False)
            with self._lock:
                if not self._due():
                    self._busy = False
                    return
            self._stopped.wait(TRY_AGAIN)
