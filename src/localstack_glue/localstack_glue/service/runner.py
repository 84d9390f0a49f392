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
    WAITING                                waits on

and, for one that is: the attempt that was to follow is started, and output that could not be shipped is.

The runner knows neither LocalStack nor boto3: what it needs from AWS it gets as `Services`.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from . import bookmarks, errors, process, runners, states
from .bookmarks import Bookmarks
from .late_logs import LateLogs
from .logs import LogClient, Shipper
from .process import Process
from .runners import CannotStart, Launch, Warm
from .runners.spark.event_log import EventLog, Objects
from .runs import Run, RunStore
from .settings import Settings
from .supervision import Supervisions

LOG = logging.getLogger(__name__)
SHIP_EVERY = 0.5  # seconds between two looks at a run's output
ENVIRONMENT_STOPPED = (
    "The local environment was stopped while this run was in progress; its processes were ended. Start the run again."
)
PROCESS_VANISHED = "The process of this run disappeared without leaving an exit status: it was killed from outside."
KILLED_AT_START = (
    "The local environment was killed in the moment in which it started the process of this run; the script has not run to "
    "its end. Start the run again."
)
LONGEST_WAIT = 15  # minutes in line ("AWS Glue job run statuses")
_LOGS_PATIENCE = 60.0  # seconds for which an unreachable Logs service is asked again before a run ends without
_DISK_PAUSE = 1.0  # seconds between two tries on a full disk


class Services(Protocol):
    """What a run needs from AWS, as the run's account in the run's region."""

    def fetch(self, account: str, region: str, uri: str) -> bytes:
        """The object at `s3://bucket/key`. Raises CannotStart with AWS's sentence."""

    def logs(self, account: str, region: str) -> LogClient: ...

    def objects(self, account: str, region: str) -> Objects: ...


class Runner:
    def __init__(
        self,
        store: RunStore,
        services: Services,
        settings: Settings,
        bookmarks: Bookmarks,
        hand_over: Callable[[Warm, Path], str] = lambda wanted, folder: "",
    ) -> None:
        """`hand_over` gives a warm worker to the run in a folder, and returns the mark of its processes; "": there is none."""
        self._store, self._services, self._settings, self._bookmarks = store, services, settings, bookmarks
        self._hand_over = hand_over
        self._children = process.Children()
        self._supervised = Supervisions()
        self._line = threading.Condition()  # told whenever a run that waits in line may have got room, or shall not
        self._late_logs = LateLogs(store, self._ship_whole)
        self.endings: list[Callable[[Run], None]] = []
        """Called, in the run's thread, when a run has ended and no retry follows; not when the environment stops."""

    def submit(self, run: Run) -> None:
        """Start `run` in the background."""
        self._in_thread(run, lambda: self._start(run))

    def stop(self, run: Run) -> None:
        """Bring `run` to STOPPING; STOPPED follows when no process of it lives. Raises ImpossibleTransition."""
        self._store.move(run, states.STOPPING)
        self._supervised.wake(run.id)
        self._tell_the_line()

    def adopt(self) -> None:
        """Go on with every run that is not over, and with what the others left to do."""
        for run in self._store.active():
            self._in_thread(run, lambda run=run: self._resume(run))  # type: ignore[misc]
        for run in self._store.all():
            if run.state == states.FAILED and run.local.get("RetryDue"):
                self._in_thread(run, lambda run=run: self._retry(run))  # type: ignore[misc]
        self._late_logs.start()

    def shutdown(self, patience: float = 10.0) -> None:
        """End every process of every run, and let the runs end as FAILED. Returns within about `patience` seconds."""
        self._late_logs.stop()
        self._supervised.shut_down(patience, self._tell_the_line)

    def _in_thread(self, run: Run, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except states.ImpossibleTransition:  # stopped in the very moment in which it ended
                self._fail(run, "The run was stopped as it ended.")
            except Exception as problem:
                LOG.exception("Glue run %s", run.id)
                recorded = run.local["Process"]
                self._end_all(run, Process.from_json(recorded) if recorded else None)
                self._fail(run, f"Internal service error: {type(problem).__name__}: {problem}")
            finally:
                self._tell_the_line()
                self._tell(run)

        if not self._supervised.begin(run.id, guarded):
            self._store.move(run, states.FAILED, ErrorMessage=ENVIRONMENT_STOPPED)

    def _tell(self, run: Run) -> None:
        if self._supervised.closing or not run.ended or run.local.get("RetriedAs"):
            return
        for listener in self.endings:
            try:
                listener(run)
            except Exception:
                LOG.exception("What follows the end of Glue run %s", run.id)

    def _tell_the_line(self) -> None:
        with self._line:
            self._line.notify_all()

    def _start(self, run: Run) -> None:
        if run.state == states.WAITING:
            self._wait_in_line(run)
        if self._cancelled(run):
            return
        try:
            launch = runners.prepare(run, self._services.fetch, self._settings)
        except CannotStart as problem:
            self._fail(run, str(problem))
            return
        started = self._launch(run, launch)
        if started:
            self._watch(run, started, self._shippers(run))

    def _wait_in_line(self, run: Run) -> None:
        """Until `run` is STARTING, was stopped, or has waited as long as it may: then it is FAILED."""
        supervision = self._supervised[run.id]
        end = run.record["StartedOn"] + LONGEST_WAIT * self._settings.minute
        with self._line:
            while run.state == states.WAITING and not supervision.shutdown:
                if self._store.admit(run):
                    self._line.notify_all()  # there may be room for the next, too
                elif (left := end - time.time()) > 0:
                    self._line.wait(left)
                else:
                    self._fail(run, str(run.record["StateDetail"]))

    def _launch(self, run: Run, launch: Launch) -> Process | None:
        if self._cancelled(run):
            return None
        try:
            launch.work.mkdir(exist_ok=True)
            if launch.warm and (companion := self._hand_over(launch.warm, run.folder)):
                self._store.remember(run, Companion=companion)
            environment = launch.environment | self._bookmarks.hand_out(
                run.owner, run.job_name, run.local["Arguments"], run.folder
            )
            started = self._children.start(launch.command, environment, run.folder, launch.work)
        except errors.EntityNotFound as problem:
            self._fail(run, str(problem))
            return None
        except OSError as problem:
            self._fail(run, f"The job's process could not be started: {problem}")
            return None
        self._store.remember(run, Process=started.to_json(), Provenance="real")
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
            self._store.remember(run, Process=found.to_json(), Provenance="real")
        # It may be RUNNING already; or is to be stopped, which the watch will see.
        with contextlib.suppress(states.ImpossibleTransition):
            self._store.move(run, states.RUNNING)
        LOG.info("Glue run %s is taken over from before the restart", run.id)
        shippers = self._shippers(run)
        for shipper in shippers:
            shipper.resume()
        self._watch(run, found, shippers)

    def _watch(self, run: Run, shim: Process | None, shippers: list[Shipper]) -> None:
        minutes = run.record.get("Timeout", float("inf"))
        deadline = run.since + minutes * self._settings.minute
        events = runners.event_log(run, self._services.objects, self._settings)
        verdict = self._wait(run, shim, shippers, events, deadline) if shim else None
        self._end_all(run, shim)
        if shim:
            self._children.reap(shim)
        events.finish()
        if not self._ship_the_rest(run, shippers):
            self._store.remember(run, LogsDue=True)
        if not self._settings.keep_work:
            shutil.rmtree(run.folder / "work", ignore_errors=True)
        self._conclude(run, verdict)
        if run.local.get("LogsDue"):
            self._late_logs.start()

    def _end_all(self, run: Run, shim: Process | None) -> None:
        process.end_all(run.id, shim, companion=run.local.get("Companion") or "")

    def _wait(self, run: Run, shim: Process, shippers: list[Shipper], events: EventLog, deadline: float) -> str | None:
        """Until the shim is over, or a reason to end it appears: that reason (a state), or None."""
        watch = process.Watch(shim)
        memory = runners.memory_watch(run, shim, self._settings)
        supervision = self._supervised[run.id]
        supervision.watch = watch
        try:
            while not supervision.shutdown and run.state != states.STOPPING:
                left = deadline - time.time()
                if left <= 0:
                    return None if process.ended_in_time(run.folder, deadline) else states.TIMEOUT
                if watch.wait(min(left, SHIP_EVERY, memory.next_look)):
                    return None
                self._ship(run, shippers)
                events.look()
                memory.look()
            return states.FAILED if supervision.shutdown else states.STOPPED
        finally:
            supervision.watch = None
            watch.close()

    def _conclude(self, run: Run, verdict: str | None) -> None:
        option = run.local["Arguments"].get(bookmarks.OPTION)
        self._bookmarks.take_in(run.owner, run.job_name, run.record, run.folder, option)
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
        if self._store.may_retry(run):
            self._store.remember(run, RetryDue=True)
        vanished = PROCESS_VANISHED if run.local["Process"] else KILLED_AT_START
        self._fail(run, vanished if status is None else runners.failure(run, status))
        if run.state == states.FAILED:
            self._retry(run)

    def _retry(self, run: Run) -> None:
        while not self._supervised.closing:
            try:
                if again := self._store.retry(run):
                    self.submit(again)
                return
            except OSError as problem:
                LOG.error("The next attempt of Glue run %s waits for room on the disk: %s", run.id, problem)
                time.sleep(_DISK_PAUSE)

    def _cancelled(self, run: Run) -> bool:
        """Whether `run` was stopped before it had a process; then it is brought to its end."""
        if self._supervised[run.id].shutdown:
            self._fail(run, ENVIRONMENT_STOPPED)
        elif run.state == states.STOPPING:
            self._store.move(run, states.STOPPED)
        return run.ended

    def _fail(self, run: Run, message: str) -> None:
        """End `run` as FAILED, unless it was to be stopped: then that is what happened to it."""
        while not run.ended:
            seen = run.state
            stopped = seen == states.STOPPING and message != ENVIRONMENT_STOPPED
            with contextlib.suppress(states.ImpossibleTransition):  # stopped in this very moment
                end = states.STOPPED if stopped else states.FAILED
                self._store.move(run, end, seen=seen, ErrorMessage=message[:4000])

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

    def _ship_the_rest(self, run: Run, shippers: list[Shipper]) -> bool:
        """Ship until all is there: logs are complete before the terminal state shows. Gives up (late_logs.py completes
        them) when the service stays away, or at shutdown after one try. Returns whether all is there."""
        end = time.monotonic() + _LOGS_PATIENCE
        while not self._ship(run, shippers, last=True):
            if self._supervised[run.id].shutdown or time.monotonic() > end:
                return False
            time.sleep(SHIP_EVERY)
        return True

    def _ship_whole(self, run: Run) -> bool:
        """Ship what the streams of an ended run still lack; whether all is there."""
        shippers = self._shippers(run)
        for shipper in shippers:
            shipper.resume()
        return self._ship(run, shippers, last=True)
