"""When to save and restore what.

    restore     when a service starts, before its first call
    save        1 to 2 s after a change, in the background, one service after the other, and at an orderly stop
    SQS         before each answer (sqs_database.py); likewise the streams and events of Logs (log_database.py)

A SIGKILL so loses at most the last few seconds, of S3's and the other services' state. What is on disk is always a
picture taken between two calls, never in the middle of one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from pathlib import Path

from localstack.services.plugins import Service
from localstack.utils.functions import call_safe

from . import snapshots
from .activity import Activity
from .containers import Containers
from .s3_disk import DiskObjectStore
from .snapshots import Snapshot

LOG = logging.getLogger(__name__)

SETTLE_S = 0.5
"""How long after a change the save starts: a burst of calls is saved once."""
SHARE_OF_TIME = 0.1
"""This share of the time may be spent on saving: the larger the state, the longer the pause after it was saved."""
LONGEST_PAUSE_S = 2.0
PATIENCE_S = 0.2
"""How long calls are held while the calls under way end, before the save is put off."""
PUT_OFF_AT_MOST = 10


class Persistence:
    """State of all services but SQS, below `folder`. `objects` are S3's bytes."""

    def __init__(self, folder: Path, objects: DiskObjectStore) -> None:
        self.activity = Activity()
        self._folder = folder
        self._objects = objects
        self._services: dict[str, Service] = {}
        self._put_off: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="save-state", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def restore(self, name: str, service: Service) -> None:
        """Gives a service that has just started what was saved of it, the newest generation that can be read."""
        containers, snapshot = Containers(service), Snapshot(self._folder, name)
        newest = True
        while snapshot.exists():
            try:
                containers.load(snapshot.read())
                break
            except PermissionError:
                raise  # not damage: whoever starts it again with the right user finds it whole
            except Exception as error:  # a damaged pickle may raise anything
                newest = False
                containers.clear()
                aside = snapshot.step_back()
                LOG.warning(
                    "The saved state of %s could not be read (%s: %s). It was set aside as %s; %s.",
                    name, type(error).__name__, error, aside,
                    "the generation before it is used" if snapshot.exists() else "there is none before it: starts empty",
                )  # fmt: skip
        if name == "s3":
            self._adopt_objects(newest)
        call_safe(service.lifecycle_hook.on_after_state_load)
        self._services[name] = service

    def stop(self) -> None:
        """Saves what changed and ends the background thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        for name in self.activity.wait(0):
            self._save_safely(name, patience=2.0, insist=True)

    def save(self, name: str, patience: float = PATIENCE_S, insist: bool = False) -> None:
        """Saves one service. With calls under way for longer than `patience` s it is put off unless you `insist`.
        Raises OSError if it cannot be written; the generation before is then still there."""
        service = self._services.get(name)
        with self.activity.quiet(name, patience) as calm:
            if service is None:
                return
            if not calm and not insist:
                self.activity.touch(name)
                return
            state = Containers(service).dump()
            garbage = self._objects.out_of_use() if name == "s3" and calm else None
        Snapshot(self._folder, name).write(state)
        if garbage is not None:
            self._objects.sweep(garbage)

    def _run(self) -> None:
        while not self._stopping.is_set():
            changed = self.activity.wait(1.0)
            if not changed or self._stopping.wait(SETTLE_S):
                continue
            started = time.monotonic()
            for name in sorted(changed):
                self._save_safely(name, PATIENCE_S, insist=self._put_off[name] >= PUT_OFF_AT_MOST)
            self._stopping.wait(min(LONGEST_PAUSE_S, (time.monotonic() - started) * (1 / SHARE_OF_TIME - 1)))

    def _save_safely(self, name: str, patience: float, insist: bool) -> None:
        try:
            self.save(name, patience, insist)
        except Exception as error:
            LOG.error(
                "The state of %s could not be saved (%s: %s); the last saved one is kept and it is tried again.",
                name, type(error).__name__, error, exc_info=LOG.isEnabledFor(logging.DEBUG),
            )  # fmt: skip
            self.activity.touch(name)
        self._put_off[name] = self._put_off[name] + 1 if name in self.activity.wait(0) else 0

    def _adopt_objects(self, newest: bool) -> None:
        aside = None if newest else self._folder / f"s3.objects-{int(time.time())}"
        orphans, lost = self._objects.adopt(aside)
        if orphans:
            LOG.info(
                "%d S3 files that no saved bucket names were %s", orphans, f"moved to {aside}" if aside else "removed"
            )
        if lost:
            LOG.warning("S3 objects without their bytes were forgotten: %s", ", ".join(lost))


def prepare(home: Path) -> Path:
    """The state folder of a home, ready for the running versions."""
    folder = home / "state"
    snapshots.open_folder(folder)
    return folder
