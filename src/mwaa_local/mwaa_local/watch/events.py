"""Saves: what really changed, once an editor or git has finished."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import watchfiles

from mwaa_local.watch.places import Places

QUIET_MS = 50  # without another event, after which a save is over
LONGEST_MS = 1500  # that a stream of events is waited for
_SAVED_JUST_NOW = 5.0  # seconds: an older date of a file is not that of its save (`mv`, git's dates)


@dataclass(frozen=True)
class Save:
    """`changed`: files that are new or have other content; `gone`: files that were there; `added`: those of `changed` that are
    new; `at`: when it was saved, in seconds of the epoch."""

    changed: frozenset[Path]
    gone: frozenset[Path] = frozenset()
    added: frozenset[Path] = frozenset()
    at: float = field(default_factory=time.time)

    @property
    def paths(self) -> frozenset[Path]:
        return self.changed | self.gone


class Contents:
    """What each file held when it was last looked at: a save that changes nothing, and a temporary file, are no saves."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: dict[Path, bytes] = {}
        for folder in places.folders():
            self._look_at(folder.rglob("*"))
        self._look_at(places.files())

    def save(self, paths: Iterable[Path]) -> Save | None:
        """What the events of these paths come to; None if nothing. A folder's event counts for what was or is in it."""
        touched = set()
        for path in paths:
            touched.add(path)
            touched |= {known for known in self._seen if path in known.parents}
            if path.is_dir():
                touched.update(path.rglob("*"))
        changed, gone, added = set(), set(), set()
        for path in touched:
            if not self._places.is_of_interest(path):
                continue
            before, now = self._seen.get(path), _digest(path)
            if now == before:
                continue
            if now is None:
                gone.add(path)
                del self._seen[path]
                continue
            changed.add(path)
            if before is None:
                added.add(path)
            self._seen[path] = now
        if not changed and not gone:
            return None
        return Save(frozenset(changed), frozenset(gone), frozenset(added), _moment(changed))

    def _look_at(self, paths: Iterable[Path]) -> None:
        for path in paths:
            if self._places.is_of_interest(path):
                digest = _digest(path)
                if digest is not None:
                    self._seen[path] = digest


class Watcher:
    """Calls `tell` with the paths of each burst of events, from threads of its own."""

    def __init__(self, places: Places, tell: Callable[[set[Path]], None]) -> None:
        self._places, self._tell = places, tell
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Returns when every folder is watched."""
        single = {file.parent for file in self._places.files() if file.parent.is_dir()}
        self._stop = threading.Event()
        self._threads = []
        ready = []
        for folders, recursive in ((self._places.folders(), True), (sorted(single), False)):
            watching = threading.Event()
            ready.append(watching)
            arguments = (folders, recursive, self._stop, watching)
            self._threads.append(threading.Thread(target=self._watch, args=arguments, daemon=True))
            self._threads[-1].start()
        for event in ready:
            event.wait(30)

    def restart(self) -> None:
        """For folders that have come or gone."""
        self.stop()
        self.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)

    def _watch(self, folders: list[Path], recursive: bool, stop: threading.Event, watching: threading.Event) -> None:
        # with a time-out of a few ms it comes out at once for the first time, and then all is watched
        for changes in watchfiles.watch(
            *folders, watch_filter=None, debounce=LONGEST_MS, step=QUIET_MS, stop_event=stop, rust_timeout=200,
            yield_on_timeout=True, recursive=recursive, raise_interrupt=False,
        ):  # fmt: skip
            watching.set()
            if changes:
                self._tell({Path(path) for _, path in changes})


def _digest(path: Path) -> bytes | None:
    """None for what is no file that can be read."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


def _moment(paths: Iterable[Path]) -> float:
    now = time.time()
    dates = []
    for path in paths:
        try:
            dates.append(path.stat().st_mtime)
        except OSError:
            continue
    latest = max(dates, default=now)
    return latest if now - _SAVED_JUST_NOW < latest <= now else now
