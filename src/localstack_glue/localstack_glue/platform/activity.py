"""Which services were changed, and a way to hold changes while a picture of a service is taken.

Every call that may change something is counted in before it reaches its service and out after it was answered. Taking
a picture waits until the calls under way are answered and keeps new ones waiting, for milliseconds.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

READ_ONLY = re.compile(r"(Get|List|Describe|Head|BatchGet|Search|Lookup|Filter|Select|Validate|Check|Simulate)[A-Z]")


def may_change(operation: str) -> bool:
    """Whether an operation of that name may change its service. In doubt it does."""
    return not READ_ONLY.match(operation)


class Activity:
    """Thread-safe."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._under_way: dict[str, int] = defaultdict(int)
        self._held: set[str] = set()
        self._dirty: set[str] = set()

    def enter(self, service: str) -> None:
        """Before a call that may change `service`. Waits while its picture is taken."""
        with self._condition:
            self._condition.wait_for(lambda: service not in self._held)
            self._under_way[service] += 1

    def leave(self, service: str) -> None:
        """After that call."""
        with self._condition:
            self._under_way[service] -= 1
            self._dirty.add(service)
            self._condition.notify_all()

    def touch(self, service: str) -> None:
        """Asks for a save of `service`."""
        with self._condition:
            self._dirty.add(service)
            self._condition.notify_all()

    def wait(self, seconds: float | None) -> set[str]:
        """The services changed since their last picture; waits until there is one or the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._dirty, seconds)
            return set(self._dirty)

    @contextmanager
    def quiet(self, service: str, patience: float) -> Iterator[bool]:
        """Holds changes of `service`. Yields whether none is under way: after `patience` seconds a slow call (a large
        upload, say) may still be, and the caller decides whether to come back later. Marks the service clean."""
        deadline = time.monotonic() + patience
        with self._condition:
            self._held.add(service)
            try:
                calm = self._condition.wait_for(lambda: not self._under_way[service], deadline - time.monotonic())
            except BaseException:
                self._release(service)
                raise
            self._dirty.discard(service)
        try:
            yield calm
        finally:
            with self._condition:
                self._release(service)

    def _release(self, service: str) -> None:
        self._held.discard(service)
        self._condition.notify_all()
