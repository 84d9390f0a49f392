"""The threads that look after processes: one for each run or crawl, while the service lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import process


@dataclass
class Supervision:
    """What the outside may ask of such a thread. `wake` works once there is a process to wait for."""

    thread: threading.Thread
    watch: process.Watch | None = None
    shutdown: bool = False

    def wake(self) -> None:
        if self.watch:
            self.watch.wake()


class Supervisions:
    """By the id of what is looked after."""

    def __init__(self) -> None:
        self._running: dict[str, Supervision] = {}
        self._lock = threading.Lock()
        self.closing = False

    def __getitem__(self, identity: str) -> Supervision:
        """Raises KeyError outside of its thread's life."""
        return self._running[identity]

    def begin(self, identity: str, work: Callable[[], None]) -> bool:
        """Does `work` in a thread; False if the service is about to end, and nothing begins any more."""

        def whole() -> None:
            try:
                work()
            finally:
                with self._lock:
                    del self._running[identity]

        thread = threading.Thread(target=whole, name=f"glue-{identity[:12]}", daemon=True)
        with self._lock:
            if not self.closing:
                self._running[identity] = Supervision(thread)
                thread.start()
            return not self.closing

    def wake(self, identity: str) -> None:
        """Something has changed for it."""
        if supervision := self._running.get(identity):
            supervision.wake()

    def shut_down(self, patience: float, tell: Callable[[], None] = lambda: None) -> None:
        """Tells every thread to come to its end, by `tell` those that wait for no process. Returns within `patience` seconds."""
        with self._lock:
            self.closing = True
            running = list(self._running.values())
        for supervision in running:
            supervision.shutdown = True
            supervision.wake()
        tell()
        end = time.monotonic() + patience
        for supervision in running:
            supervision.thread.join(max(0.0, end - time.monotonic()))
