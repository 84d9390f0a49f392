"""Job runs and their state on disk.

    <folder>/<JobRunId>/run.json         {"JobRun": {...}, "Local": {...}}: AWS's record, and what only we know
                        arguments.json   the merged arguments, for people
                        script.py stdout stderr exit work/     see runner.py and process.py

Every change of state goes through `RunStore.move`, which holds it against the table in states.py and writes run.json
in one step before anybody can see the change. Times are seconds since the epoch.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import capacity, errors, files, states
from .owner import Owner
from .jobs import Job

LOG = logging.getLogger(__name__)
EMPTY: Mapping[str, Any] = MappingProxyType({})
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
    Process (see process.py, None before it starts), RetriedAs (the id of the attempt that follows), Provenance (how it ran; "real": its own process)."""

    record: dict[str, Any]
    local: dict[str, Any]
    folder: Path
    done: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def id(self) -> str:
        return str(self.record["Id"])

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

        Raises InvalidInput, ConcurrentRunsExceeded, EntityNotFound (a JobRunId to resume that is unknown)."""
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
            active = sum(not run.ended for run in self._of_job[owner, job["Name"]])
            if active >= job["ExecutionProperty"]["MaxConcurrentRuns"]:
                raise errors.concurrent_runs_exceeded(job["Name"])
            return self._add(shown, ours)

    def retry(self, failed: Run) -> Run | None:
        """The next attempt of a failed run, as AWS names it (<id>_attempt_N), or None if it has had them all."""
        attempt = failed.record["Attempt"] + 1
        if attempt > failed.local["MaxRetries"]:
            return None
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
        with self._lock:
            again = self._add(record, {**copy.deepcopy(failed.local), "Process": None})
        self.remember(failed, RetriedAs=again.id)
        return again

    def move(self, run: Run, state: str, **changes: Any) -> None:
        """Bring `run` to `state`, with further members of its record changed.

        Raises states.ImpossibleTransition. If the disk refuses the write, the change is made in memory and logged:
        then a restart finds the state before and settles the run again, from its exit file."""
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
            run.done.set()

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

    def find(self, run_id: str) -> Run | None:
        """The run of that id, whoever owns it."""
        return self._runs.get(run_id)

    def newest_first(self, owner: Owner, job_name: str) -> list[Run]:
        return self._of_job.get((owner, job_name), [])[::-1]

    def all(self) -> list[Run]:
        return list(self._runs.values())

    def active(self) -> list[Run]:
        return [run for run in self.all() if not run.ended]

    def _add(self, record: dict[str, Any], local: dict[str, Any]) -> Run:
        run = Run(record, local, self._folder / record["Id"])
        run.folder.mkdir()
        files.write_json(run.folder / "arguments.json", local["Arguments"])
        files.write_json(run.folder / "run.json", {"JobRun": record, "Local": local})
        self._index(run)
        return run

    def _index(self, run: Run) -> None:
        self._runs[run.id] = run
        self._of_job[_key(run)].append(run)

    def _write(self, run: Run) -> None:
        try:
            files.write_json(run.folder / "run.json", {"JobRun": run.record, "Local": run.local})
        except OSError as problem:
            LOG.error("Glue run %s is now %s, but that could not be written: %s", run.id, run.state, problem)

    def _load(self) -> None:
        found = []
        for path in files.json_files(self._folder, "*/run.json"):
            with contextlib.suppress(FileNotFoundError):
                try:
                    content = files.read_json(path)
                    run = Run(content["JobRun"], content["Local"], path.parent)
                    found.append((run.record["StartedOn"], run.record["Attempt"], run.id, run))
                except (ValueError, KeyError, TypeError) as problem:
                    LOG.error("Glue run %s is unreadable and left out: %s", path, problem)
        for *_, run in sorted(found, key=lambda item: item[:3]):
            self._index(run)
            if run.ended:
                run.done.set()


def _key(run: Run) -> tuple[Owner, str]:
    return run.owner, run.record["JobName"]


def _capacity(job: Job, request: Mapping[str, Any], kind: str) -> dict[str, Any]:
    asked = {key: request[key] for key in capacity.FIELDS if request.get(key)}
    return capacity.filled(asked, kind) if asked else {key: job[key] for key in capacity.FIELDS if key in job}
