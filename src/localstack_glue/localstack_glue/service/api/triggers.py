"""Triggers: CreateTrigger to StopTrigger."""

from __future__ import annotations

from ..crawlers.store import CrawlerStore
from ..jobs import JobStore
from ..workflows import graphs, trigger_rules
from ..workflows.activation import Activation
from ..workflows.definitions import WorkflowStore
from ..workflows.triggers import TriggerStore
from . import Owner, Request, Response, operation, page

TRIGGERS_PAGE = 200  # GetTriggers and ListTriggers give at most 200


class TriggersApi:
    def __init__(
        self,
        triggers: TriggerStore,
        activation: Activation,
        jobs: JobStore,
        crawlers: CrawlerStore,
        workflows: WorkflowStore,
    ) -> None:
        self._triggers, self._activation = triggers, activation
        self._jobs, self._crawlers, self._workflows = jobs, crawlers, workflows

    @operation("CreateTrigger")
    def create_trigger(self, owner: Owner, request: Request) -> Response:
        trigger_rules.check(request)  # before what it names is looked for
        if request.get("WorkflowName"):
            self._workflows.get(owner, request["WorkflowName"])
        self._check_names(owner, request)
        self._activation.create(owner, request)
        return {"Name": request["Name"]}

    @operation("GetTrigger")
    def get_trigger(self, owner: Owner, request: Request) -> Response:
        return {"Trigger": self._triggers.get(owner, request["Name"])}

    @operation("GetTriggers")
    def get_triggers(self, owner: Owner, request: Request) -> Response:
        found = self._triggers.listed(owner, job=request.get("DependentJobName"))
        return page(request, "Triggers", found, lambda trigger: str(trigger["Name"]), TRIGGERS_PAGE)

    @operation("BatchGetTriggers")
    def batch_get_triggers(self, owner: Owner, request: Request) -> Response:
        known = {trigger["Name"]: trigger for trigger in self._triggers.listed(owner)}
        names = dict.fromkeys(request["TriggerNames"])
        return {
            "Triggers": [known[name] for name in names if name in known],
            "TriggersNotFound": [name for name in names if name not in known],
        }

    @operation("ListTriggers")
    def list_triggers(self, owner: Owner, request: Request) -> Response:
        found = self._triggers.listed(owner, request.get("Tags"), request.get("DependentJobName"))
        return page(request, "TriggerNames", [trigger["Name"] for trigger in found], most=TRIGGERS_PAGE)

    @operation("UpdateTrigger")
    def update_trigger(self, owner: Owner, request: Request) -> Response:
        self._triggers.get(owner, request["Name"])
        self._check_names(owner, request["TriggerUpdate"])
        return {"Trigger": self._activation.update(owner, request["Name"], request["TriggerUpdate"])}

    @operation("DeleteTrigger")
    def delete_trigger(self, owner: Owner, request: Request) -> Response:
        self._activation.delete(owner, request["Name"])
        return {"Name": request["Name"]}

    @operation("StartTrigger")
    def start_trigger(self, owner: Owner, request: Request) -> Response:
        self._activation.start(owner, request["Name"])
        return {"Name": request["Name"]}

    @operation("StopTrigger")
    def stop_trigger(self, owner: Owner, request: Request) -> Response:
        self._activation.stop(owner, request["Name"])
        return {"Name": request["Name"]}

    def _check_names(self, owner: Owner, trigger: Request) -> None:
        """Raises EntityNotFound if a job or crawler that the trigger names does not exist."""
        for kind, name in graphs.nodes([{**trigger, "Name": ""}]):
            if kind == "JOB":
                self._jobs.get(owner, name)
            elif kind == "CRAWLER":
                self._crawlers.get(owner, name)
