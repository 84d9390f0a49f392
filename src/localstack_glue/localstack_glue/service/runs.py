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

from . import capacity, errors, files, states
from .jobs import Job
from .owner import Owner

LOG = logging.getLogger(__name__)
OVER = threading.Event()  # that of every run that has ended: one each would be a quarter of what a run takes in memory
OVER.set()
EMPTY: Mapping[str, Any] = MappingProxyType({})
WRITE_AGAIN = 1.0  # seconds until what the disk refused is tried again
LOG_GROUPS = {"pythonshell": "/aws-glue/python-jobs"}
# Of the request, else of the job.
_EITHER = (
    "Timeout",
    "SecurityConfiguration",
    "NotificationProperty",
    "ExecutionClass",
)
_KEPT_FROM_JOB = (*_EITHER, "GlueVersion", "JobMode")
_TAKEN_FROM_REQUEST = (*_EITHER, "Arguments")


@dataclass
class Run:
    """One run. `record` is AWS's JobRun; `local` holds what AWS does not show:

    Account, Region, Command (of the job when the run started), Arguments (merged), MaxRetries,
    Process (see process.py, None before it starts), Provenance (how it ran; "real": its own process), RetryDue (failed,
    and another attempt follows), RetriedAs (that attempt's id), LogsDue (ended before all its output was shipped)."""

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
    def state(self) -> str:
        return str(self.record["JobRunState"])

    @property
    def ended(self) -> bool:
        return self.state in states.TERMINAL

    def shown(self) -> dict[str, Any]:
        """The JobRun that AWS shows; ExecutionTime goes on counting while the run does."""
        record = dict(self.record)
        if not self.ended:
            record["ExecutionTime"] = max(0, int(time.time() - record["StartedOn"]))
        return record

    @property
    def log_group(self) -> str:
        return str(self.record["LogGroupName"])


class RunStore:
    """All runs of all accounts and regions, newest last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._runs: dict[str, Run] = {}
        self._of_job: dict[tuple[Owner, str], list[Run]] = defaultdict(list)
        self._active: dict[str, Run] = {}
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
        """StartJobRun: a run in state STARTING. `arguments` is the merge that the script will get; `record` and `local`
        are added to the run's.

        Raises InvalidInput, ConcurrentRunsExceeded, EntityNotFound (a JobRunId to resume that is unknown), OSError (a full
        disk); then there is no run."""
        kind = (job.get("Command") or {}).get("Name", "")
        capacity.check(request, kind)
        now = time.time()
        shown: dict[str, Any] = {
            "Id": f"jr_{secrets.token_hex(32)}",
            "Attempt": 0,
            "JobName": job["Name"],
            "StartedOn": now,
            "LastModifiedOn": now,
            "JobRunState": states.STARTING,
            "PredecessorRuns": [],
            "ExecutionTime": 0,
            **{key: job[key] for key in _KEPT_FROM_JOB if key in job},
            **{key: request[key] for key in _TAKEN_FROM_REQUEST if request.get(key) is not None},
            **_capacity(job, request, kind),
            "LogGroupName": LOG_GROUPS.get(kind, "/aws-glue/jobs"),
            **record,
        }
        if request.get("JobRunId"):
            shown["PreviousRunId"] = self.get(owner, job["Name"], request["JobRunId"]).id
        ours = {
            "Account": owner.account,
            "Region": owner.region,
            "Command": copy.deepcopy(job.get("Command") or {}),
            "Arguments": arguments,
            "MaxRetries": job.get("MaxRetries", 0),
            "Process": None,
            "Provenance": "real",
            **local,
        }
        with self._lock:
            active = sum(_key(run) == (owner, job["Name"]) for run in self._active.values())
            if active >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
                raise errors.concurrent_runs_exceeded(job["Name"])
            return self._add(shown, ours)

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
        local = {key: value for key, value in copy.deepcopy(failed.local).items() if key not in ("RetryDue", "LogsDue")}
        with self._lock:
            known = record["Id"] in self._runs  # killed before it could be remembered
            again = None if known else self._add(record, {**local, "Process": None})
        self.remember(failed, RetryDue=False, RetriedAs=record["Id"])
        return again

    @staticmethod
    def may_retry(run: Run) -> bool:
        """Whether `run` is not its last attempt."""
        return bool(run.record["Attempt"] < run.local["MaxRetries"])

    def move(self, run: Run, state: str, **changes: Any) -> None:
        """Bring `run` to `state`, with further members of its record changed.

        Raises states.ImpossibleTransition. If the disk refuses the write, the change is made in memory, and written when it
        can be: a LocalStack killed before finds the state before and settles the run again, from its exit file."""
        with self._lock:
            states.check(run.state, state)
            now = time.time()
            record = {**run.record, **changes, "JobRunState": state, "LastModifiedOn": now}
            if state in states.TERMINAL:
                record["CompletedOn"] = now
                record["ExecutionTime"] = max(0, round(now - record["StartedOn"]))
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
            raise errors.run_not_found(job_name, run_id)
        return run

    def newest_first(self, owner: Owner, job_name: str) -> list[Run]:
        return self._of_job.get((owner, job_name), [])[::-1]

    def all(self) -> list[Run]:
        return list(self._runs.values())

    def active(self) -> list[Run]:
        with self._lock:
            return list(self._active.values())

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
    return run.owner, run.record["JobName"]


def _capacity(job: Job, request: Mapping[str, Any], kind: str) -> dict[str, Any]:
    asked = {key: request[key] for key in capacity.FIELDS if request.get(key)}
    return capacity.filled(asked, kind) if asked else {key: job[key] for key in capacity.FIELDS if key in job}
