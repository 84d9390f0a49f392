"""Job runs and their state on disk.

    <folder>/<JobRunId>/run.json         {"JobRun": {...}, "Local": {...}}: AWS's record, and what only we know
                        arguments.json   the merged arguments, for people
                        script.py stdout stderr exit work/     see runner.py and process.py

Every change of state goes through `RunStore.move`, which holds it against the table in states.py and writes run.json
in one step before anybody can see the change. A run keeps room on the disk for that until it has ended; what cannot be
written all the same is changed in memory, and written as soon as the disk takes it. Times are seconds since the epoch.
"""

from __future__ import annotations

import copy
import logging
import secrets
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import capacity, files, states
from .errors import run_not_found
from .jobs import Job
from .owner import Owner
from .quotas import Quotas, refusal, waits

LOG = logging.getLogger(__name__)
OVER = threading.Event()  # that of every run that has ended: one each would be a quarter of what a run takes in memory
OVER.set()
EMPTY: Mapping[str, Any] = MappingProxyType({})
WRITE_AGAIN = 1.0  # seconds until what the disk refused is tried again
PROVENANCE = {
    "real": "a process of its own ran the script on this machine",
    "none": "nothing was run",
}
# Of the request, else of the job.
_EITHER = ("Timeout", "SecurityConfiguration", "NotificationProperty", "ExecutionClass", "JobRunQueuingEnabled")
_KEPT_FROM_JOB = (*_EITHER, "GlueVersion", "JobMode", "MaintenanceWindow")
_OF_ONE_ATTEMPT = ("RetryDue", "LogsDue", "Companion")
_TAKEN_FROM_REQUEST = (*_EITHER, "Arguments", "ExecutionRoleSessionPolicy")


@dataclass
class Run:
    """One run. `record` is AWS's JobRun; `local` holds what AWS does not show:

    Account, Region
    Command             of the job when the run started
    Arguments           the merge that the script gets
    MaxRetries, MaxConcurrentRuns    of the job
    Since               when it began to consume resources, in seconds since the epoch; None while it waits in line
    Process             see process.py, None before it starts
    Companion           the mark of processes that were there before it and are its own now, see runners/spark/pool.py
    RetryDue            failed, and another attempt follows
    RetriedAs           the id of the attempt that follows
    LogsDue             ended before all its output was shipped
    Provenance          how it ran, see PROVENANCE
    Chain, Trigger, Action, Heard    of a run that a trigger started, see chains.py"""

    record: dict[str, Any]
    local: dict[str, Any]
    folder: Path
    done: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def id(self) -> str:
        return str(self.record["Id"])

    @property
    def file(self) -> Path:
        return self.folder / "run.json"

    @property
    def owner(self) -> Owner:
        return Owner(self.local["Account"], self.local["Region"])

    @property
    def job_name(self) -> str:
        return str(self.record["JobName"])

    @property
    def state(self) -> str:
        return str(self.record["JobRunState"])

    @property
    def ended(self) -> bool:
        return self.state in states.TERMINAL

    @property
    def since(self) -> float:
        """When the run began to consume resources: ExecutionTime and Timeout count from here."""
        return float(self.local.get("Since") or self.record["StartedOn"])

    @property
    def provenance(self) -> str:
        """How the run ran, see PROVENANCE; "unknown" of one that an earlier version has kept."""
        return str(self.local.get("Provenance") or "unknown")

    @property
    def log_group(self) -> str:
        return str(self.record["LogGroupName"])

    def shown(self, predecessors: bool = True) -> dict[str, Any]:
        """The JobRun that AWS shows; ExecutionTime goes on counting while the run does. StateDetail tells why a run
        waits, as on AWS; otherwise, here alone, how it ran."""
        record = dict(self.record)
        if not predecessors:
            record["PredecessorRuns"] = []
        if self.state != states.WAITING:
            how = self.provenance
            record["StateDetail"] = f"Provenance: {how} ({PROVENANCE.get(how, 'unknown')})"
            if not self.ended:
                record["ExecutionTime"] = max(0, int(time.time() - self.since))
        return record


class RunStore:
    """All runs of all accounts and regions, newest last."""

    def __init__(self, folder: Path, quotas: Quotas = Quotas()) -> None:  # noqa: B008 - it cannot change
        self._folder, self._quotas = folder, quotas
        self._lock = threading.RLock()
        self._runs: dict[str, Run] = {}
        self._active: dict[str, Run] = {}
        self._of_job: dict[tuple[Owner, str], list[Run]] = defaultdict(list)
        self._unwritten: dict[str, Run] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._load()

    def create(
        self,
        owner: Owner,
        job: Job,
        request: Mapping[str, Any],
        arguments: dict[str, str],
        *,
        record: Mapping[str, Any] = EMPTY,
        local: Mapping[str, Any] = EMPTY,
    ) -> Run:
        """StartJobRun: a run in state STARTING, or WAITING if it must wait in line. `arguments` is the merge that the
        script will get; `record` and `local` are added to the run's.

        Raises InvalidInput, ConcurrentRunsExceeded, ResourceNumberLimitExceeded, EntityNotFound (a JobRunId to resume
        that is unknown), OSError (a full disk); then there is no run."""
        command = job.get("Command") or {}
        kind = command.get("Name", "")
        shown = {
            **_new_record(job["Name"]),
            **{key: job[key] for key in _KEPT_FROM_JOB if key in job},
            **{key: request[key] for key in _TAKEN_FROM_REQUEST if request.get(key) is not None},
            **capacity.of_run(job, request, kind),
            "LogGroupName": _log_group(job, request, kind),
            **record,
        }
        if request.get("JobRunId"):
            shown["PreviousRunId"] = self.get(owner, job["Name"], request["JobRunId"]).id
        most = job["ExecutionProperty"]["MaxConcurrentRuns"]
        ours = {
            "Account": owner.account,
            "Region": owner.region,
            "Command": copy.deepcopy(command),
            "Arguments": arguments,
            "MaxRetries": job.get("MaxRetries", 0),
            "MaxConcurrentRuns": most,
            "Since": shown["StartedOn"],
            "Process": None,
            "Provenance": "none",
            **local,
        }
        with self._lock:
            if reason := self._quotas.exceeded(self.active(owner), job["Name"], most, shown["MaxCapacity"]):
                if not waits(job, request):
                    raise refusal(reason, job["Name"])
                shown |= {"JobRunState": states.WAITING, "StateDetail": reason}
                ours["Since"] = None
            return self._add(shown, ours)

    def create_ended(
        self,
        owner: Owner,
        job_name: str,
        state: str,
        message: str,
        *,
        record: Mapping[str, Any] = EMPTY,
        local: Mapping[str, Any] = EMPTY,
    ) -> Run:
        """A run that a trigger could not start: it is there to be seen, in a terminal `state`, with its ErrorMessage."""
        shown = {**_new_record(job_name), **record, "JobRunState": state, "ErrorMessage": message}
        shown["CompletedOn"] = shown["StartedOn"]
        ours = {"Account": owner.account, "Region": owner.region, "Command": {}, "Arguments": {}, "MaxRetries": 0}
        with self._lock:
            return self._add(shown, {**ours, "Process": None, "Provenance": "none", **local})

    def admit(self, run: Run) -> bool:
        """Whether `run`, which waits in line, is now in state STARTING: it is the first in line for which there is room."""
        with self._lock:
            active = self.active(run.owner)
            for waiting in (other for other in active if other.state == states.WAITING):
                most, dpus = waiting.local["MaxConcurrentRuns"], waiting.record["MaxCapacity"]
                if self._quotas.exceeded(active, waiting.job_name, most, dpus) is None:
                    if waiting is run:
                        run.local = {**run.local, "Since": time.time()}
                        self.move(run, states.STARTING)
                    return waiting is run
        return False

    def retry(self, failed: Run) -> Run | None:
        """The next attempt of a failed run, as AWS names it (<id>_attempt_N), or None if it has had them all, or has been
        retried already. Raises OSError (a full disk); then there is none."""
        if not self.may_retry(failed):
            return None
        attempt = failed.record["Attempt"] + 1
        now = time.time()
        first = failed.id.rsplit("_attempt_", 1)[0]
        dropped = ("ErrorMessage", "CompletedOn")
        record = {
            **{key: value for key, value in copy.deepcopy(failed.record).items() if key not in dropped},
            "Id": f"{first}_attempt_{attempt}",
            "Attempt": attempt,
            "PreviousRunId": failed.id,
            "StartedOn": now,
            "LastModifiedOn": now,
            "JobRunState": states.STARTING,
            "ExecutionTime": 0,
        }
        local = {key: value for key, value in copy.deepcopy(failed.local).items() if key not in _OF_ONE_ATTEMPT}
        local |= {"Process": None, "Provenance": "none", "Since": now}
        with self._lock:
            known = record["Id"] in self._runs  # killed before it could be remembered
            again = None if known else self._add(record, local)
        self.remember(failed, RetryDue=False, RetriedAs=record["Id"])
        return again

    @staticmethod
    def may_retry(run: Run) -> bool:
        """Whether `run` is not its last attempt."""
        return bool(run.record["Attempt"] < run.local["MaxRetries"])

    def move(self, run: Run, state: str, *, seen: str | None = None, **changes: Any) -> None:
        """Bring `run` to `state`, with further members of its record changed.

        Raises states.ImpossibleTransition; also if the run is no longer in the state `seen`, by which `state` was chosen.
        If the disk refuses the write, the change is made in memory, and written when it can be: a LocalStack killed before
        finds the state before and settles the run again, from its exit file."""
        with self._lock:
            states.check(run.state, state, seen)
            now = time.time()
            record = {**run.record, **changes, "JobRunState": state, "LastModifiedOn": now}
            if state in states.TERMINAL:
                record["CompletedOn"] = now
                record["ExecutionTime"] = max(0, round(now - run.since)) if run.local.get("Since") else 0
                record.update(_dpu_seconds(record, run.local["Arguments"]))
            if state != states.WAITING:
                record.pop("StateDetail", None)
            run.record = record
            self._write(run)
            if run.ended:
                self._active.pop(run.id, None)
        if run.ended:
            run.done.set()
            run.done = OVER

    def remember(self, run: Run, **local: Any) -> None:
        """Change what only we know about `run`."""
        with self._lock:
            run.local = {**run.local, **local}
            self._write(run)

    def get(self, owner: Owner, job_name: str, run_id: str) -> Run:
        """Raises EntityNotFound."""
        run = self._runs.get(run_id)
        if run is None or _key(run) != (owner, job_name):
            raise run_not_found(job_name, run_id)
        return run

    def find(self, run_id: str) -> Run | None:
        """The run of that id, whoever owns it."""
        return self._runs.get(run_id)

    def newest_first(self, owner: Owner, job_name: str) -> list[Run]:
        return self._of_job.get((owner, job_name), [])[::-1]

    def all(self) -> list[Run]:
        return list(self._runs.values())

    def active(self, owner: Owner | None = None) -> list[Run]:
        """Those that are not over, oldest first."""
        with self._lock:
            return [run for run in self._active.values() if owner in (None, run.owner)]

    def _add(self, record: dict[str, Any], local: dict[str, Any]) -> Run:
        run = Run(record, local, self._folder / record["Id"])
        run.folder.mkdir()
        try:
            files.write_json(run.folder / "arguments.json", local["Arguments"])
            files.keep_room(run.file)
            files.write_json(run.file, {"JobRun": record, "Local": local})
        except OSError:
            shutil.rmtree(run.folder, ignore_errors=True)
            raise
        self._index(run)
        return run

    def _index(self, run: Run) -> None:
        self._runs[run.id] = run
        self._of_job[_key(run)].append(run)
        if run.ended:
            run.done = OVER
        else:
            self._active[run.id] = run

    def _write(self, run: Run) -> None:
        try:
            files.write_json_in_room(run.file, {"JobRun": run.record, "Local": run.local})
        except OSError as problem:
            if run.id not in self._unwritten:
                LOG.error("Glue run %s is now %s, but that could not be written yet: %s", run.id, run.state, problem)
            none_before, self._unwritten[run.id] = not self._unwritten, run
            if none_before:
                threading.Thread(target=self._write_again, name="glue-write-again", daemon=True).start()
            return
        self._unwritten.pop(run.id, None)
        if run.ended:
            files.give_up_room(run.file)

    def _write_again(self) -> None:
        while self._unwritten:
            time.sleep(WRITE_AGAIN)  # a disk tells nobody that it has room again
            with self._lock:
                for run in list(self._unwritten.values()):
                    self._write(run)

    def _load(self) -> None:
        found = []
        for folder in self._folder.iterdir():
            try:
                content = files.read_json(folder / "run.json")
                run = Run(content["JobRun"], content["Local"], folder)
                found.append((run.record["StartedOn"], run.record["Attempt"], run.id, run))
            except FileNotFoundError:  # killed within StartJobRun, which so was never answered
                if folder.name.startswith("jr_"):
                    shutil.rmtree(folder, ignore_errors=True)
            except (OSError, ValueError, KeyError, TypeError) as problem:
                LOG.error("Glue run %s is unreadable and left out: %s", folder, problem)
        for *_, run in sorted(found, key=lambda item: item[:3]):
            self._index(run)


def _key(run: Run) -> tuple[Owner, str]:
    return run.owner, run.job_name


def _new_record(job_name: str) -> dict[str, Any]:
    now = time.time()
    return {
        "Id": f"jr_{secrets.token_hex(32)}",
        "Attempt": 0,
        "JobName": job_name,
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": states.STARTING,
        "PredecessorRuns": [],
        "ExecutionTime": 0,
    }


def _log_group(job: Mapping[str, Any], request: Mapping[str, Any], kind: str) -> str:
    """LogGroupName: with a security configuration, the group carries its name and the role's (JobRun in Glue's API)."""
    group = "/aws-glue/python-jobs" if kind == "pythonshell" else "/aws-glue/jobs"
    configuration = request.get("SecurityConfiguration") or job.get("SecurityConfiguration")
    return f"{group}-{job['Role'].rpartition('/')[2]}-{configuration}" if configuration else group


def _dpu_seconds(record: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, float]:
    """DPUSeconds: only of runs of class FLEX or with auto scaling (JobRun in Glue's API). Nothing scales here, so it is
    the whole capacity for the whole time."""
    scaling = arguments.get("--enable-auto-scaling") == "true"
    if record.get("ExecutionClass") != "FLEX" and not scaling:
        return {}
    return {"DPUSeconds": record["ExecutionTime"] * record["MaxCapacity"]}
