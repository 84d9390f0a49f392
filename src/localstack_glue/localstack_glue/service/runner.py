"""Carries runs from STARTING to their end: one thread for each run in progress.

    Runner.submit   a new run: fetch its script, start its process, watch it
    Runner.stop     BatchStopJobRun
    Runner.adopt    at start: go on with what an earlier LocalStack left, see below
    Runner.shutdown at an orderly stop of the local environment

What `adopt` meets, for a run that is not in a terminal state:

    its shim lives                         watched again, Timeout counted from StartedOn
    shim gone, exit file written           ended truthfully by that status
    shim gone, no exit file                its remaining processes are ended, FAILED
    no process was ever started            started now
    STOPPING                               stopped

The runner knows neither LocalStack nor boto3: what it needs from AWS it gets as `Services`.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from . import process, runners, states
from .logs import LogClient, Shipper
from .process import Process
from .runners import CannotStart, Launch
from .runs import Run, RunStore
from .settings import Settings

LOG = logging.getLogger(__name__)
SHIP_EVERY = 0.5  # seconds between two looks at a run's output
ENVIRONMENT_STOPPED = (
    "The local environment was stopped while this run was in progress; its processes were ended. Start the run again."
)
PROCESS_VANISHED = "The process of this run disappeared without leaving an exit status: it was killed from outside."
_LOGS_PATIENCE = 60.0  # seconds for which an unreachable Logs service is asked again before a run ends without


class Services(Protocol):
    """What a run needs from AWS, as the run's account in the run's region."""

    def fetch(self, account: str, region: str, uri: str) -> bytes:
        """The object at `s3://bucket/key`. Raises CannotStart with AWS's sentence."""

    def logs(self, account: str, region: str) -> LogClient: ...


@dataclass
class _Supervision:
    """What the outside may ask of a run's thread. `wake` works once there is a process to wait for."""

    thread: threading.Thread
    watch: process.Watch | None = None
    shutdown: bool = False

    def wake(self) -> None:
        if self.watch:
            self.watch.wake()


class Runner:
    def __init__(self, store: RunStore, services: Services, settings: Settings) -> None:
        self._store, self._services, self._settings = store, services, settings
        self._children = process.Children()
        self._supervised: dict[str, _Supervision] = {}
        self._lock = threading.Lock()
        self._closing = False
        self.endings: list[Callable[[Run], None]] = []
        """Called, in the run's thread, when a run has ended and no retry follows; not when the environment stops."""

    def submit(self, run: Run) -> None:
        """Start `run` in the background."""
        self._in_thread(run, lambda: self._start(run))

    def stop(self, run: Run) -> None:
        """Bring `run` to STOPPING; STOPPED follows when no process of it lives. Raises ImpossibleTransition."""
        self._store.move(run, states.STOPPING)
        if supervision := self._supervised.get(run.id):
            supervision.wake()

    def adopt(self) -> None:
        """Go on with every run that is not over, and complete the logs of those that ended just before."""
        for run in self._store.active():
            self._in_thread(run, lambda run=run: self._resume(run))  # type: ignore[misc]
        recent = [run for run in self._store.all() if run.ended and run.id not in self._supervised]
        newest = max((run.record["LastModifiedOn"] for run in self._store.all()), default=0.0)
        late = [run for run in recent if run.record["LastModifiedOn"] > newest - _LOGS_PATIENCE]
        threading.Thread(target=self._complete_logs, args=(late,), name="glue-logs", daemon=True).start()

    def shutdown(self, patience: float = 10.0) -> None:
        """End every process of every run, and let the runs end as FAILED. Returns within about `patience` seconds."""
        with self._lock:
            self._closing = True
            supervised = list(self._supervised.values())
        for supervision in supervised:
            supervision.shutdown = True
            supervision.wake()
        end = time.monotonic() + patience
        for supervision in supervised:
            supervision.thread.join(max(0.0, end - time.monotonic()))

    def _in_thread(self, run: Run, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except states.ImpossibleTransition:  # stopped in the very moment in which it ended
                self._fail(run, "The run was stopped as it ended.")
            except Exception as problem:
                LOG.exception("Glue run %s", run.id)
                self._fail(run, f"Internal service error: {type(problem).__name__}: {problem}")
            finally:
                with self._lock:
                    self._supervised.pop(run.id, None)
                self._tell(run)

        thread = threading.Thread(target=guarded, name=f"glue-{run.id[:12]}", daemon=True)
        with self._lock:
            if self._closing:
                self._store.move(run, states.FAILED, ErrorMessage=ENVIRONMENT_STOPPED)
                return
            self._supervised[run.id] = _Supervision(thread)
            thread.start()

    def _tell(self, run: Run) -> None:
        if self._closing or not run.ended or run.local.get("RetriedAs"):
            return
        for listener in self.endings:
            try:
                listener(run)
            except Exception:
                LOG.exception("What follows the end of Glue run %s", run.id)

    def _start(self, run: Run) -> None:
        try:
            launch = runners.prepare(run, self._services.fetch, self._settings)
        except CannotStart as problem:
            self._fail(run, str(problem))
            return
        started = self._launch(run, launch)
        if started:
            self._watch(run, started, self._shippers(run))

    def _launch(self, run: Run, launch: Launch) -> Process | None:
        if self._cancelled(run):
            return None
        try:
            launch.work.mkdir(exist_ok=True)
            started = self._children.start(launch.command, launch.environment, run.folder, launch.work)
        except OSError as problem:
            self._fail(run, f"The job's process could not be started: {problem}")
            return None
        self._store.remember(run, Process=started.to_json())
        with contextlib.suppress(states.ImpossibleTransition):  # stopped in this very moment: the watch will see it
            self._store.move(run, states.RUNNING)
        return started

    def _resume(self, run: Run) -> None:
        recorded = run.local["Process"]
        found = Process.from_json(recorded) if recorded else process.find_shim(run.id)
        if found is None and not (run.folder / "stdout").exists():
            self._start(run)
            return
        if found and not recorded:
            self._store.remember(run, Process=found.to_json())
        if run.state == states.STARTING:
            self._store.move(run, states.RUNNING)
        LOG.info("Glue run %s is taken over from before the restart", run.id)
        shippers = self._shippers(run)
        for shipper in shippers:
            shipper.resume()
        self._watch(run, found, shippers)

    def _watch(self, run: Run, shim: Process | None, shippers: list[Shipper]) -> None:
        deadline = run.record["StartedOn"] + run.record["Timeout"] * self._settings.minute
        verdict = self._wait(run, shim, shippers, deadline) if shim else None
        process.end_all(run.id, shim)
        if shim:
            self._children.reap(shim)
        self._ship_the_rest(run, shippers)
        if not self._settings.keep_work:
            shutil.rmtree(run.folder / "work", ignore_errors=True)
        self._conclude(run, verdict)

    def _wait(self, run: Run, shim: Process, shippers: list[Shipper], deadline: float) -> str | None:
        """Until the shim is over, or a reason to end it appears: that reason (a state), or None."""
        watch = process.Watch(shim)
        memory = runners.memory_watch(run, shim, self._settings)
        supervision = self._supervised[run.id]
        supervision.watch = watch
        try:
            while not supervision.shutdown and run.state != states.STOPPING:
                left = deadline - time.time()
                if left <= 0:
                    return states.TIMEOUT
                if watch.wait(min(left, SHIP_EVERY, memory.next_look)):
                    return None
                self._ship(run, shippers)
                memory.look()
            return states.FAILED if supervision.shutdown else states.STOPPED
        finally:
            supervision.watch = None
            watch.close()

    def _conclude(self, run: Run, verdict: str | None) -> None:
        if self._supervised[run.id].shutdown:
            self._fail(run, ENVIRONMENT_STOPPED)
        elif run.state == states.STOPPING:
            self._store.move(run, states.STOPPED)
        elif verdict == states.TIMEOUT:
            self._store.move(run, states.TIMEOUT, ErrorMessage="Job run timed out")
        else:
            self._judge(run, process.exit_status(run.folder))

    def _judge(self, run: Run, status: int | None) -> None:
        if status == 0:
            self._store.move(run, states.SUCCEEDED)
            return
        self._fail(run, PROCESS_VANISHED if status is None else runners.failure(run, status))
        if not self._closing and (again := self._store.retry(run)):
            self.submit(again)

    def _cancelled(self, run: Run) -> bool:
        """Whether `run` was stopped before it had a process; then it is brought to its end."""
        if self._supervised[run.id].shutdown:
            self._fail(run, ENVIRONMENT_STOPPED)
        elif run.state == states.STOPPING:
            self._store.move(run, states.STOPPED)
        return run.ended

    def _fail(self, run: Run, message: str) -> None:
        """End `run` as FAILED, unless it was to be stopped: then that is what happened to it."""
        if run.ended:
            return
        stopped = run.state == states.STOPPING and message != ENVIRONMENT_STOPPED
        self._store.move(run, states.STOPPED if stopped else states.FAILED, ErrorMessage=message[:4000])

    def _shippers(self, run: Run) -> list[Shipper]:
        client = self._services.logs(run.local["Account"], run.local["Region"])
        files = {"stdout": "output", "stderr": "error"}
        return [Shipper(client, run.folder / f, f"{run.log_group}/{group}", run.id) for f, group in files.items()]

    def _ship(self, run: Run, shippers: list[Shipper], last: bool = False) -> bool:
        try:
            for shipper in shippers:
                shipper.ship(last)
            return True
        except Exception as problem:  # whatever the client raises: the run goes on, its output is still on disk
            LOG.warning("The logs of Glue run %s are not shipped yet: %s", run.id, problem)
            return False

    def _ship_the_rest(self, run: Run, shippers: list[Shipper]) -> None:
        """Ship until all is there: logs are complete before the terminal state shows. Gives up (the next start
        completes them, see `adopt`) when the service stays away, or at shutdown after one try."""
        end = time.monotonic() + _LOGS_PATIENCE
        while not self._ship(run, shippers, last=True):
            if self._supervised[run.id].shutdown or time.monotonic() > end:
                return
            time.sleep(SHIP_EVERY)

    def _complete_logs(self, ended: list[Run]) -> None:
        for run in ended:
            shippers = self._shippers(run)
            for shipper in shippers:
                shipper.resume()
            self._ship(run, shippers, last=True)
