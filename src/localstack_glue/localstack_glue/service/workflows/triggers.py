"""Triggers, in AWS's shape (the `Trigger` of GetTrigger). What they do is in firing.py.

A document of documents.py each: {"Trigger": {...}, "Tags": {...}}.

    ON_DEMAND, EVENT          CREATED, always
    SCHEDULED, CONDITIONAL    CREATED -> ACTIVATED <-> DEACTIVATED

AWS's transitional states (ACTIVATING, ...) take no time here.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import errors
from ..documents import Documents
from ..owner import Owner
from . import trigger_rules

LOG = logging.getLogger(__name__)
Trigger = dict[str, Any]
CREATED, ACTIVATED, DEACTIVATED = "CREATED", "ACTIVATED", "DEACTIVATED"
_UPDATABLE = ("Description", "Schedule", "Actions", "Predicate", "EventBatchingCondition")


class TriggerStore:
    """All triggers of all accounts and regions. Whether the jobs and the workflow they name exist is for the caller."""

    def __init__(self, folder: Path) -> None:
        self._documents = Documents(folder, lambda document: str(document["Trigger"]["Name"]))

    def create(self, owner: Owner, request: Mapping[str, Any]) -> Trigger:
        """CreateTrigger. Raises InvalidInput; AlreadyExists if the same definition is there, else
        IdempotentParameterMismatch."""
        trigger_rules.check_new(request)
        trigger_rules.check(request)
        name = request["Name"]
        kept = ("Name", "WorkflowName", "Type", *_UPDATABLE)
        trigger = {key: copy.deepcopy(request[key]) for key in kept if request.get(key) is not None}
        trigger["State"] = ACTIVATED if request.get("StartOnCreation") else CREATED
        with self._documents.lock:
            if known := self._documents.get(owner, name):
                same = {**known["Trigger"], "State": None} == {**trigger, "State": None}
                raise (errors.trigger_exists if same else errors.trigger_mismatch)(name)
            if trigger.get("WorkflowName"):
                trigger_rules.check_workflow(trigger, self.of_workflow(owner, trigger["WorkflowName"]))
            self._documents.put(owner, {"Trigger": trigger, "Tags": dict(request.get("Tags") or {})})
        if trigger["Type"] == trigger_rules.EVENT:
            LOG.warning("Glue trigger %s is of type EVENT: it is stored, but no event starts it here", name)
        return trigger

    def update(self, owner: Owner, name: str, change: Mapping[str, Any]) -> Trigger:
        """UpdateTrigger, which overwrites the definition completely, as on AWS. Raises EntityNotFound, InvalidInput."""
        with self._documents.lock:
            trigger = {key: value for key, value in self.get(owner, name).items() if key not in _UPDATABLE}
            trigger.update({key: copy.deepcopy(change[key]) for key in _UPDATABLE if change.get(key) is not None})
            trigger_rules.check(trigger)
            self._put(owner, trigger)
        return trigger

    def start(self, owner: Owner, name: str) -> Trigger:
        """To ACTIVATED, if the trigger is of a type that has this state. Raises EntityNotFound, InvalidInput."""
        with self._documents.lock:
            trigger = self.get(owner, name)
            if trigger["Type"] == trigger_rules.EVENT:
                raise errors.trigger_cannot_start(trigger["Type"])
            if trigger["Type"] == trigger_rules.ON_DEMAND:
                return trigger
            if trigger["State"] == ACTIVATED:
                raise errors.trigger_state(trigger["State"])
            return self._put(owner, {**trigger, "State": ACTIVATED})

    def stop(self, owner: Owner, name: str) -> Trigger:
        """From ACTIVATED to DEACTIVATED. Raises EntityNotFound, InvalidInput."""
        with self._documents.lock:
            trigger = self.get(owner, name)
            if trigger["State"] != ACTIVATED:
                raise errors.trigger_state(trigger["State"])
            return self._put(owner, {**trigger, "State": DEACTIVATED})

    def get(self, owner: Owner, name: str) -> Trigger:
        """A copy. Raises EntityNotFound."""
        return dict(self._found(owner, name)["Trigger"])

    def listed(self, owner: Owner, tags: Mapping[str, str] | None = None, job: str | None = None) -> list[Trigger]:
        """Copies, sorted by name, that carry all of `tags` and start `job`; if none starts it, AWS gives those that do
        not, too."""
        wanted = (tags or {}).items()
        found = [each["Trigger"] for each in self._documents.listed(owner) if wanted <= each["Tags"].items()]
        return [trigger for trigger in found if job and job in trigger_rules.started_jobs(trigger)] or found

    def of_workflow(self, owner: Owner, workflow: str | None) -> list[Trigger]:
        """Copies of the triggers of a workflow; of those of none, if it is None."""
        return [trigger for trigger in self.listed(owner) if trigger.get("WorkflowName") == workflow]

    def delete(self, owner: Owner, name: str) -> None:
        """Nothing happens if there is no such trigger, as on AWS."""
        self._documents.delete(owner, name)

    def all(self) -> list[tuple[Owner, Trigger]]:
        return [(owner, trigger) for owner in self._documents.owners() for trigger in self.listed(owner)]

    def tags(self, owner: Owner, name: str) -> dict[str, str]:
        """Raises EntityNotFound."""
        return dict(self._found(owner, name)["Tags"])

    def set_tags(self, owner: Owner, name: str, tags: Mapping[str, str]) -> None:
        with self._documents.lock:
            self._documents.put(owner, {"Trigger": self.get(owner, name), "Tags": dict(tags)})

    def _put(self, owner: Owner, trigger: Trigger) -> Trigger:
        self._documents.put(owner, {"Trigger": trigger, "Tags": self.tags(owner, trigger["Name"])})
        return trigger

    def _found(self, owner: Owner, name: str) -> dict[str, Any]:
        found = self._documents.get(owner, name)
        if found is None:
            raise errors.trigger_not_found(name)
        return found
