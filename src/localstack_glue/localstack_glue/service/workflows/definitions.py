"""Workflow definitions, in AWS's shape (the `Workflow` of GetWorkflow). Their runs are in runs.py; which triggers
belong to one, the triggers say.

A document of documents.py each: {"Workflow": {...}, "Tags": {...}}.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import errors
from ..documents import Documents
from ..owner import Owner

Workflow = dict[str, Any]
_GIVEN = ("Description", "DefaultRunProperties", "MaxConcurrentRuns")


class WorkflowStore:
    """All workflows of all accounts and regions."""

    def __init__(self, folder: Path) -> None:
        self._documents = Documents(folder, lambda document: str(document["Workflow"]["Name"]))

    def create(self, owner: Owner, request: Mapping[str, Any]) -> Workflow:
        """CreateWorkflow. Raises AlreadyExists, InvalidInput."""
        name, now = request["Name"], time.time()
        workflow = {"Name": name, **_given(request), "CreatedOn": now, "LastModifiedOn": now}
        with self._documents.lock:
            if self._documents.get(owner, name):
                raise errors.workflow_exists(name)
            self._documents.put(owner, {"Workflow": workflow, "Tags": dict(request.get("Tags") or {})})
        return workflow

    def update(self, owner: Owner, name: str, change: Mapping[str, Any]) -> Workflow:
        """UpdateWorkflow: what `change` leaves out stays. Raises EntityNotFound, InvalidInput."""
        with self._documents.lock:
            workflow = {**self.get(owner, name), **_given(change), "LastModifiedOn": time.time()}
            self._documents.put(owner, {"Workflow": workflow, "Tags": self.tags(owner, name)})
        return workflow

    def get(self, owner: Owner, name: str) -> Workflow:
        """A copy. Raises EntityNotFound."""
        return dict(self._found(owner, name)["Workflow"])

    def listed(self, owner: Owner) -> list[Workflow]:
        """Copies, sorted by name."""
        return [found["Workflow"] for found in self._documents.listed(owner)]

    def delete(self, owner: Owner, name: str) -> bool:
        """Whether there was one."""
        return self._documents.delete(owner, name)

    def tags(self, owner: Owner, name: str) -> dict[str, str]:
        """Raises EntityNotFound."""
        return dict(self._found(owner, name)["Tags"])

    def set_tags(self, owner: Owner, name: str, tags: Mapping[str, str]) -> None:
        with self._documents.lock:
            self._documents.put(owner, {"Workflow": self.get(owner, name), "Tags": dict(tags)})

    def _found(self, owner: Owner, name: str) -> dict[str, Any]:
        found = self._documents.get(owner, name)
        if found is None:
            raise errors.workflow_not_found()
        return found


def _given(request: Mapping[str, Any]) -> dict[str, Any]:
    most = request.get("MaxConcurrentRuns")
    if most is not None and most < 1:
        raise errors.InvalidInput("MaxConcurrentRuns must be at least 1.")  # [?]
    return {key: request[key] for key in _GIVEN if request.get(key) is not None}
