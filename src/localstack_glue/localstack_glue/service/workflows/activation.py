"""What starting, changing and stopping a trigger brings about, and the schedules of those that have one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from .. import schedules
from ..owner import Owner
from ..schedules import Clock
from . import trigger_rules, triggers
from .firing import Firing
from .runs import WorkflowRuns
from .triggers import Trigger, TriggerStore

LOG = logging.getLogger(__name__)


class Activation:
    def __init__(self, store: TriggerStore, firing: Firing, workflow_runs: WorkflowRuns, clock: Clock) -> None:
        self._triggers, self._firing, self._workflow_runs, self._clock = store, firing, workflow_runs, clock

    def create(self, owner: Owner, request: Mapping[str, Any]) -> None:
        """As TriggerStore.create."""
        self._wind(owner, self._triggers.create(owner, request))

    def update(self, owner: Owner, name: str, change: Mapping[str, Any]) -> Trigger:
        """As TriggerStore.update."""
        trigger = self._triggers.update(owner, name, change)
        self._wind(owner, trigger)
        return trigger

    def start(self, owner: Owner, name: str) -> None:
        """StartTrigger: fires a trigger of type ON_DEMAND (the starting trigger of a workflow: a run of it), activates
        others. Raises EntityNotFound, InvalidInput, ConcurrentRunsExceeded: what all of its actions were refused with."""
        trigger = self._triggers.start(owner, name)
        if trigger["Type"] != trigger_rules.ON_DEMAND:
            self._wind(owner, trigger)
        elif trigger.get("WorkflowName"):
            self._workflow_runs.start(owner, trigger["WorkflowName"])
        else:
            refusals = self._firing.start(owner, trigger)
            if refusals and len(refusals) == len(trigger.get("Actions") or ()):
                raise refusals[0]

    def stop(self, owner: Owner, name: str) -> None:
        """StopTrigger. What it has started goes on. Raises EntityNotFound, InvalidInput."""
        self._wind(owner, self._triggers.stop(owner, name))

    def delete(self, owner: Owner, name: str) -> None:
        self._triggers.delete(owner, name)
        self._clock.remove((owner, name))

    def restore(self) -> None:
        """At start: the schedules of all triggers. What was due meanwhile is not made up for."""
        for owner, trigger in self._triggers.all():
            self._wind(owner, trigger)

    def _wind(self, owner: Owner, trigger: Trigger) -> None:
        key = (owner, trigger["Name"])
        if trigger["Type"] == trigger_rules.SCHEDULED and trigger["State"] == triggers.ACTIVATED:
            self._clock.set(key, schedules.parse(trigger["Schedule"]), partial(self._due, owner, trigger))
        else:
            self._clock.remove(key)

    def _due(self, owner: Owner, trigger: Trigger) -> None:
        LOG.info("Glue trigger %s is due", trigger["Name"])
        if trigger.get("WorkflowName"):
            self._workflow_runs.start_by_schedule(owner, trigger["WorkflowName"])
        else:
            self._firing.start(owner, trigger)
