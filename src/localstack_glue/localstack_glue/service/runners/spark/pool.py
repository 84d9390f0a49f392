"""Warm workers: for each Glue version that is to have one, a JVM of Spark that has been exercised and waits for a run.

    <folder>/<id>/socket             there when the worker is ready, see warm_worker.py
                  stdout stderr exit work/     as a run has them

A worker serves one run. What it has moves into the run's folder then - the working folder is the JVM's own, and its output
goes on into the same files - and the run's own Python connects to the JVM, so that environment, arguments and modules of the
script are those of a cold start. Its processes carry the mark of ../../process.py with the worker's id, which the run
remembers as its Companion. The next worker is made when the run has ended.

On Linux alone: elsewhere no process is found by its mark.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import secrets
import shutil
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import process
from ...supervision import Supervisions
from .. import Warm
from . import archive, configuration, sizes
from .configuration import Jvm, Local
from .files import SOCKET
from .start import described_in

if TYPE_CHECKING:
    from ...process import Process
    from ...runs import Run, RunStore
    from ...settings import Settings

LOG = logging.getLogger(__name__)
IDLE = 30.0  # minutes for which a worker waits
LEAST_MEMORY = 2048  # MB that must be available, or there is no worker
_SMALL_AT_FIRST = "-Xms64m"  # so that the heap of a worker that waits shrinks; usual is a 64th of the machine's memory
_NICE = 19
_CAP_SYS_NICE = 23
_FIRST = {
    "WorkerType": "G.1X",
    "NumberOfWorkers": 2,
}  # the size of the first worker; later ones have that of the last run


@dataclass
class _Worker:
    id: str
    glue: str
    heap: int
    folder: Path
    shim: Process | None = None
    unwanted: bool = False

    @property
    def ready(self) -> bool:
        return (self.folder / SOCKET).exists()


class WarmWorkers:
    def __init__(self, runs: RunStore, settings: Settings) -> None:
        self._runs, self._settings = runs, settings
        self._folder = settings.kept / "warm"
        self._versions = settings.warm if sys.platform.startswith("linux") and settings.spark.installer else ()
        heap = sizes.of_run(_FIRST, {}).heap
        self._heaps = dict.fromkeys(self._versions, heap)
        self._waiting: dict[str, _Worker] = {}
        self._lock = threading.Lock()
        self._children = process.Children()
        self._supervised = Supervisions()

    def start(self) -> None:
        """Ends what an earlier LocalStack has left, but for what serves a run that goes on; then makes the first ones."""
        in_use = {run.local.get("Companion") for run in self._runs.active()}
        for left in self._folder.glob("warm_*"):
            if left.name not in in_use:
                process.end_all(left.name, None)
                shutil.rmtree(left, ignore_errors=True)
        for glue in self._versions:
            self._make(glue)

    def refill(self, run: Run) -> None:
        """A run has ended: the next of its version shall find a worker."""
        glue = run.record.get("GlueVersion")
        if run.local["Command"].get("Name") == "glueetl" and glue in self._versions:
            self._make(glue)

    def hand_over(self, wanted: Warm, folder: Path) -> str:
        """The id of the worker that the run in `folder` has from now on, or "": none is ready, or not of that size."""
        with self._lock:
            worker = self._waiting.get(wanted.glue)
            self._heaps[wanted.glue] = wanted.heap
            if worker is None or not worker.ready:
                return ""
            del self._waiting[wanted.glue]
            worker.unwanted = worker.heap != wanted.heap
            if not worker.unwanted:
                return worker.id if _move(worker, folder) else ""
        self._supervised.wake(worker.id)
        return ""

    def shutdown(self, patience: float = 5.0) -> None:
        """Ends every worker. Returns within `patience` seconds."""
        self._supervised.shut_down(patience)

    def _make(self, glue: str) -> None:
        """In the background, if there is none and the machine has room for one."""
        described = described_in(self._settings.spark.environments / f"glue-spark-{glue}")
        if described is None:
            LOG.info("No warm worker for Glue %s: its Spark is not installed yet", glue)
            return
        if (memory := sizes.available_memory() // sizes.MB) < LEAST_MEMORY:
            LOG.info(
                "No warm worker for Glue %s: %d MB of memory are available, less than %d", glue, memory, LEAST_MEMORY
            )
            return
        with self._lock:
            if glue in self._waiting:
                return
            identity = f"warm_{secrets.token_hex(16)}"
            worker = _Worker(identity, glue, self._heaps[glue], self._folder / identity)
            self._waiting[glue] = worker
        self._supervised.begin(worker.id, lambda: self._look_after(worker, described))

    def _look_after(self, worker: _Worker, described: dict[str, Any]) -> None:
        """From its start to its end."""
        try:
            worker.shim = self._start(worker, described)
            self._wait(worker, worker.shim)
        except OSError as problem:
            LOG.error("A warm worker for Glue %s could not be started: %s", worker.glue, problem)
        finally:
            with self._lock:
                if self._waiting.get(worker.glue) is worker:
                    del self._waiting[worker.glue]
            process.end_all(worker.id, worker.shim)
            if worker.shim:
                self._children.reap(worker.shim)
            with self._lock:  # not while it is moved
                shutil.rmtree(worker.folder, ignore_errors=True)

    def _start(self, worker: _Worker, described: dict[str, Any]) -> Process:
        """Raises OSError."""
        settings, work = self._settings, worker.folder / "work"
        work.mkdir(parents=True)
        python = self._settings.spark.environments / f"glue-spark-{worker.glue}" / "bin" / "python"
        java, version = Path(described["java"]), int(described["java_version"])
        pyspark = next(python.parents[1].glob("lib/python3*/site-packages/pyspark"))
        class_path = configuration.class_path(described["s3_jar"], pyspark)
        options = [_SMALL_AT_FIRST, *archive.options(described, class_path)[0]]
        jvm = Jvm(java, version, worker.heap, class_path, options)
        home = work / ".spark-home"
        local = Local(work, sizes.cores_of_machine(), settings.endpoint, "test", "us-east-1")
        configuration.make_home(home, pyspark, local.defaults() | local.fixed(), jvm)
        environment = configuration.environment(home, java, str(python), work)
        environment |= {**dict(settings.passed_on), process.MARK: worker.id}
        idle = max(1, int(IDLE * settings.minute))
        command = [str(python), str(settings.spark.code / "launcher" / "warm_worker.py"), str(idle), str(LEAST_MEMORY)]
        shim = self._children.start(command, environment, worker.folder, work)
        if _may_be_put_back():
            _set_priority(shim, _NICE)
        return shim

    def _wait(self, worker: _Worker, shim: Process) -> None:
        """Until its processes have ended, or are to be."""
        watch = process.Watch(shim)
        supervision = self._supervised[worker.id]
        supervision.watch = watch
        try:
            while not supervision.shutdown and not worker.unwanted and not watch.wait(3600):
                pass
        finally:
            supervision.watch = None
            watch.close()


def _move(worker: _Worker, folder: Path) -> bool:
    """The worker's folder and files become the run's. False, and nothing has changed, for one that has just ended."""
    try:
        (worker.folder / SOCKET).replace(folder / SOCKET)
    except FileNotFoundError:
        return False
    work = worker.folder / "work"
    for there in (folder / "work").iterdir():
        there.replace(work / there.name)
    work.replace(folder / "work")
    work.symlink_to(folder / "work")  # for what the JVM knows by its old path
    for name in ("stdout", "stderr"):
        os.truncate(worker.folder / name, 0)  # of the exercise
        (worker.folder / name).replace(folder / name)
    assert worker.shim
    if _may_be_put_back():
        _set_priority(worker.shim, os.getpriority(os.PRIO_PROCESS, 0))
    return True


def _set_priority(shim: Process, nice: int) -> None:
    """Of all threads of its group."""
    with contextlib.suppress(OSError):  # it has ended
        os.setpriority(os.PRIO_PGRP, shim.pid, nice)


def _may_be_put_back() -> bool:
    """Whether a process may have its priority back that has given it up: a normal user's may not, and so works with the usual
    one. Inside a container root may not either."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    capable = int(status["CapEff"], 16) >> _CAP_SYS_NICE & 1
    own = os.getpriority(os.PRIO_PROCESS, 0)
    return bool(capable) or resource.getrlimit(resource.RLIMIT_NICE)[0] >= 20 - own
