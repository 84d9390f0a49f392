"""Job definitions: one JSON file each, written at every change, so that a SIGKILL loses none.

    <folder>/<account>/<region>/<sha256 of the name>.json      {"Job": {...}, "Tags": {...}}

A definition is kept in AWS's shape (the `Job` of GetJob), defaults filled in. Times are seconds since the epoch.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import capacity, errors, files

LOG = logging.getLogger(__name__)
Job = dict[str, Any]
_NOT_OF_A_JOB = ("Tags", *capacity.FIELDS)


class JobStore:
    """All jobs of all accounts and regions."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._jobs: dict[tuple[str, str, str], Job] = {}
        self._tags: dict[tuple[str, str, str], dict[str, str]] = {}
        self._load()

    def create(self, account: str, region: str, request: Mapping[str, Any]) -> Job:
        """CreateJob. Raises InvalidInput; AlreadyExists if the same definition is there, else
        IdempotentParameterMismatch."""
        job = _definition(request["Name"], request, created=time.time())
        with self._lock:
            known = self._jobs.get((account, region, request["Name"]))
            if known:
                raise (errors.job_exists if _same(known, job) else errors.job_mismatch)(request["Name"])
            self._save(account, region, job, dict(request.get("Tags") or {}))
        return job

    def update(self, account: str, region: str, name: str, change: Mapping[str, Any]) -> Job:
        """UpdateJob, which replaces the definition: what `change` leaves out returns to its default, as on AWS."""
        with self._lock:
            job = _definition(name, change, created=self.get(account, region, name)["CreatedOn"])
            self._save(account, region, job, self.tags(account, region, name))
        return job

    def get(self, account: str, region: str, name: str) -> Job:
        """A copy. Raises EntityNotFound."""
        try:
            return copy.deepcopy(self._jobs[account, region, name])
        except KeyError:
            raise errors.job_not_found(name) from None

    def listed(self, account: str, region: str, tags: Mapping[str, str] | None = None) -> list[Job]:
        """Copies, sorted by name; only those that carry all of `tags`."""
        wanted = (tags or {}).items()
        with self._lock:
            return [
                copy.deepcopy(job)
                for key, job in sorted(self._jobs.items(), key=lambda item: item[0])
                if key[:2] == (account, region) and wanted <= self._tags[key].items()
            ]

    def delete(self, account: str, region: str, name: str) -> None:
        """DeleteJob. Nothing happens if there is no such job, as on AWS."""
        with self._lock:
            if self._jobs.pop((account, region, name), None):
                del self._tags[account, region, name]
                self._path(account, region, name).unlink(missing_ok=True)

    def tags(self, account: str, region: str, name: str) -> dict[str, str]:
        """Raises EntityNotFound."""
        self.get(account, region, name)
        return dict(self._tags[account, region, name])

    def set_tags(self, account: str, region: str, name: str, tags: Mapping[str, str]) -> None:
        with self._lock:
            self._save(account, region, self.get(account, region, name), dict(tags))

    def _save(self, account: str, region: str, job: Job, tags: dict[str, str]) -> None:
        path = self._path(account, region, job["Name"])
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, {"Job": job, "Tags": tags})  # First the file: if that fails, nothing has changed.
        self._jobs[account, region, job["Name"]], self._tags[account, region, job["Name"]] = copy.deepcopy(job), tags

    def _path(self, account: str, region: str, name: str) -> Path:
        return self._folder / account / region / f"{hashlib.sha256(name.encode()).hexdigest()}.json"

    def _load(self) -> None:
        for path in files.json_files(self._folder, "*/*/*.json"):
            try:
                found = files.read_json(path)
                key = (path.parts[-3], path.parts[-2], found["Job"]["Name"])
                self._jobs[key], self._tags[key] = found["Job"], found["Tags"]
            except (OSError, ValueError, KeyError, TypeError) as problem:
                LOG.error("Glue job definition %s is unreadable and left out: %s", path, problem)


def _definition(name: str, request: Mapping[str, Any], created: float) -> Job:
    command = request.get("Command") or {}
    kind = command.get("Name") or ""
    capacity.check(request, kind)
    if not 0 <= (request.get("MaxRetries") or 0) <= 10:
        raise errors.InvalidInput("MaxRetries must be between 0 and 10.")
    given = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_OF_A_JOB}
    return {
        "JobMode": "SCRIPT",
        "MaxRetries": 0,
        "Timeout": capacity.DEFAULT_TIMEOUT,
        **{key: value for key, value in given.items() if value is not None},
        "Name": name,
        "ExecutionProperty": {"MaxConcurrentRuns": (given.get("ExecutionProperty") or {}).get("MaxConcurrentRuns", 1)},
        "GlueVersion": capacity.glue_version(command, request.get("GlueVersion")),
        **capacity.filled(request, kind),
        "CreatedOn": created,
        "LastModifiedOn": time.time(),
    }


def _same(one: Job, other: Job) -> bool:
    times = ("CreatedOn", "LastModifiedOn")
    return {k: v for k, v in one.items() if k not in times} == {k: v for k, v in other.items() if k not in times}
