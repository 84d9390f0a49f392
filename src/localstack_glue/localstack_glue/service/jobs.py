"""Job definitions, in AWS's shape (the `Job` of GetJob), defaults filled in. Times are seconds since the epoch.

A document of documents.py each: {"Job": {...}, "Tags": {...}}.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import capacity, errors
from .documents import Documents
from .owner import Owner

Job = dict[str, Any]
_NOT_OF_A_JOB = ("Tags", *capacity.FIELDS)


class JobStore:
    """All jobs of all accounts and regions."""

    def __init__(self, folder: Path) -> None:
        self._documents = Documents(folder, lambda document: str(document["Job"]["Name"]))

    def create(self, owner: Owner, request: Mapping[str, Any]) -> Job:
        """CreateJob. Raises InvalidInput; AlreadyExists if the same definition is there, else
        IdempotentParameterMismatch."""
        name = request["Name"]
        job = definition(name, request, created=None)
        with self._documents.lock:
            known = self._documents.get(owner, name)
            if known:
                raise (errors.job_exists if _same(known["Job"], job) else errors.job_mismatch)(name)
            self._documents.put(owner, {"Job": job, "Tags": dict(request.get("Tags") or {})})
        return job

    def update(self, owner: Owner, name: str, change: Mapping[str, Any]) -> Job:
        """UpdateJob, which replaces the definition: what `change` leaves out returns to its default, as on AWS."""
        with self._documents.lock:
            job = definition(name, change, created=self.get(owner, name)["CreatedOn"])
            self._documents.put(owner, {"Job": job, "Tags": self.tags(owner, name)})
        return job

    def get(self, owner: Owner, name: str) -> Job:
        """A copy. Raises EntityNotFound."""
        return dict(self._found(owner, name)["Job"])

    def listed(self, owner: Owner, tags: Mapping[str, str] | None = None) -> list[Job]:
        """Copies, sorted by name; only those that carry all of `tags`."""
        wanted = (tags or {}).items()
        return [found["Job"] for found in self._documents.listed(owner) if wanted <= found["Tags"].items()]

    def delete(self, owner: Owner, name: str) -> None:
        """DeleteJob. Nothing happens if there is no such job, as on AWS."""
        self._documents.delete(owner, name)

    def tags(self, owner: Owner, name: str) -> dict[str, str]:
        """Raises EntityNotFound."""
        return dict(self._found(owner, name)["Tags"])

    def set_tags(self, owner: Owner, name: str, tags: Mapping[str, str]) -> None:
        with self._documents.lock:
            self._documents.put(owner, {"Job": self.get(owner, name), "Tags": dict(tags)})

    def _found(self, owner: Owner, name: str) -> dict[str, Any]:
        found = self._documents.get(owner, name)
        if found is None:
            raise errors.job_not_found(name)
        return found


def definition(name: str, request: Mapping[str, Any], created: float | None) -> Job:
    """The job that CreateJob, or with the time when it was `created` UpdateJob, makes of `request`. Raises InvalidInput."""
    now = time.time()
    command = request.get("Command") or {}
    kind = command.get("Name") or ""
    version = capacity.glue_version(command, request.get("GlueVersion"))
    capacity.check({**request, "GlueVersion": version}, kind)
    if not 0 <= (request.get("MaxRetries") or 0) <= 10:
        raise errors.InvalidInput("MaxRetries must be between 0 and 10.")
    given = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_OF_A_JOB}
    return {
        "JobMode": "SCRIPT",
        "MaxRetries": 0,
        **capacity.default_timeout(kind),
        **{key: value for key, value in given.items() if value is not None},
        "Name": name,
        "ExecutionProperty": {"MaxConcurrentRuns": (given.get("ExecutionProperty") or {}).get("MaxConcurrentRuns", 1)},
        "GlueVersion": version,
        **capacity.filled(request, kind),
        "CreatedOn": created or now,
        "LastModifiedOn": now,
    }


def _same(one: Job, other: Job) -> bool:
    times = ("CreatedOn", "LastModifiedOn")
    return {k: v for k, v in one.items() if k not in times} == {k: v for k, v in other.items() if k not in times}
