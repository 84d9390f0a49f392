"""Starts a service and restores its state before its first call.

Restoring needs a service's modules, and importing them is most of what a start costs. So only SQS is opened before
the gateway listens (its queue must be there for the first caller); the others are opened in the background, or by
their first call if that comes earlier. One at a time: two threads that import each other's modules can meet halfway.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from localstack.services.plugins import SERVICE_PLUGINS, Service, ServiceDisabled

LOG = logging.getLogger(__name__)

NEEDS = {"glue": ("s3", "logs")}
"""Services that a service calls, over HTTP, while it starts."""


class Services:
    """`prepare(name)` is called before a service is made; `restore(name, service)` once per service, after its start and
    before its first call."""

    def __init__(
        self, restore: Callable[[str, Service], None], prepare: Callable[[str], None] = lambda name: None
    ) -> None:
        self._restore, self._prepare = restore, prepare
        self._lock = threading.RLock()
        self._open: set[str] = set()

    def open(self, name: str) -> None:
        """Returns when `name` is running with its state. A service that is unknown or disabled is left to LocalStack,
        which answers its callers."""
        if name in self._open:
            return
        for needed in NEEDS.get(name, ()):
            self.open(needed)
        with self._lock:
            if name in self._open:
                return
            self._prepare(name)
            try:
                service = SERVICE_PLUGINS.require(name)
            except (ServiceDisabled, ValueError):
                return
            self._restore(name, service)
            self._open.add(name)

    def open_in_background(self, names: Iterable[str], then: Callable[[], None]) -> None:
        """Opens one after the other. What fails is logged, and fails again for its first caller."""
        threading.Thread(target=self._open_all, args=(list(names), then), name="open-services", daemon=True).start()

    def _open_all(self, names: list[str], then: Callable[[], None]) -> None:
        for name in names:
            try:
                self.open(name)
            except Exception:
                LOG.exception("%s could not be started", name)
        then()
