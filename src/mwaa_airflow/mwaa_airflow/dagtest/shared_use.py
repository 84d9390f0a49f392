"""Something that several tests use at once, in one process or in several: the first makes it, the last one undoes it.

Whoever uses it holds a lock, which the system takes from a process that dies; so what a killed test run has left is known
for that by the next one.
"""

import fcntl
import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator


class SharedUse:
    """`make(leftover)` returns what to remember, as JSON; it gets what was remembered when a user before it has died."""

    def __init__(self, folder: Path, name: str, make: Callable[[Any], Any], undo: Callable[[Any], None]) -> None:
        __tracebackhide__ = True
        folder.mkdir(parents=True, exist_ok=True)
        self._gate, self._kept = folder / (name + ".gate"), folder / (name + ".json")
        self._make, self._undo = make, undo
        self.value: Any = None
        with self._alone():
            self._use = open(str(folder / (name + ".use")), "w")  # noqa: SIM115  closed by end()
            try:
                self._begin()
            except BaseException:
                self._use.close()
                raise

    def _begin(self) -> None:
        __tracebackhide__ = True
        kept = json.loads(self._kept.read_text()) if self._kept.is_file() else None
        if self._is_only_user():
            kept = self._make(kept)
            self._kept.write_text(json.dumps(kept))
        self.value = kept
        fcntl.flock(self._use, fcntl.LOCK_SH)

    def end(self) -> None:
        with self._alone():
            try:
                if self._is_only_user():
                    self._undo(self.value)
                    self._kept.unlink()
            finally:
                self._use.close()

    def _is_only_user(self) -> bool:
        try:
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with open(str(self._gate), "w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
