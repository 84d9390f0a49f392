"""What a measurement is given: scratch space, the number of rounds, a way to tell how far it is, stacks to measure."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mwaa_local.bench.figures import Load
from mwaa_local.bench.stage import OwnStack
from mwaa_local.bench.stock import StockAirflow
from mwaa_local.settings import Settings


class Closing(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=Closing)


class Bench:
    """Lives as long as one `make bench`; everything taken from it is ended with it."""

    def __init__(self, installed: Settings, folder: Path, rounds: int, tell: Callable[[str], None]) -> None:
        """`installed`: the settings of the checkout whose environments are used; `tell` shows a line of progress."""
        self.installed, self.folder, self.rounds, self.tell = installed, folder, rounds, tell
        self.load = Load()
        self._shared: OwnStack | None = None
        self._taken = ExitStack()
        self._count = 0

    def each_round(self) -> Iterator[int]:
        """Counts the rounds, shows them, and looks at the machine's load."""
        for number in range(1, self.rounds + 1):
            self.tell(f"round {number} of {self.rounds}")
            yield number
            self.load.seen.append(round(os.getloadavg()[0], 2))

    def keep(self, thing: T) -> T:
        """Closes `thing` at the end."""
        self._taken.callback(thing.close)
        return thing

    @contextmanager
    def stack(self, **changes: Any) -> Iterator[OwnStack]:
        """A stack of its own, not started yet; closed on leaving."""
        stack = OwnStack(self._folder("stack"), self.installed, **changes)
        try:
            yield stack
        finally:
            with undisturbed():
                stack.close()

    @contextmanager
    def stock(self, executor: str, aws: Settings | None = None) -> Iterator[StockAirflow]:
        """Stock Airflow with a migrated database, not started yet; closed on leaving."""
        stock = StockAirflow(self._folder("stock"), self.installed, executor, aws)
        try:
            self.tell(f"preparing stock Airflow with {executor}")
            stock.prepare()
            yield stock
        finally:
            with undisturbed():
                stock.close()

    def shared_stack(self) -> OwnStack:
        """One running stack for all measurements that do not restart it."""
        if self._shared is None:
            shared = self.keep(OwnStack(self._folder("stack"), self.installed))
            self.tell("starting a stack")
            shared.up()
            self._shared = shared
        return self._shared

    def release_shared_stack(self) -> None:
        """Before a measurement that would suffer from it."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    def close(self) -> None:
        with undisturbed():
            self._taken.close()

    def _folder(self, name: str) -> Path:
        self._count += 1
        return self.folder / f"{name}-{self._count}"


@contextmanager
def undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not interrupt the cleaning up after the first."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
