"""Workflows and their runs: CreateWorkflow to PutWorkflowRunProperties."""

from __future__ import annotations

from typing import Any

from ..workflows import graphs
from ..workflows.activation import Activation
from ..workflows.definitions import Workflow, WorkflowStore
from ..workflows.runs import WorkflowRuns
from ..workflows.triggers import TriggerStore
from . import Owner, Request, Response, operation, page

WORKFLOWS_PAGE = 25  # ListWorkflows gives at most 25


class WorkflowsApi:
    def __init__(
        self, workflows: WorkflowStore, triggers: TriggerStore, activation: Activation, runs: WorkflowRuns
    ) -> None:
        self._workflows, self._triggers, self._activation, self._runs = workflows, triggers, activation, runs

    @operation("CreateWorkflow")
    def create_workflow(self, owner: Owner, request: Request) -> Response:
        return {"Name": self._workflows.create(owner, request)["Name"]}

    @operation("GetWorkflow")
    def get_workflow(self, owner: Owner, request: Request) -> Response:
        return {"Workflow": self._shown(owner, self._workflows.get(owner, request["Name"]), request)}

    @operation("BatchGetWorkflows")
    def batch_get_workflows(self, owner: Owner, request: Request) -> Response:
        known = {workflow["Name"]: workflow for workflow in self._workflows.listed(owner)}
        names = dict.fromkeys(request["Names"])
        return {
            "Workflows": [self._shown(owner, known[name], request) for name in names if name in known],
            "MissingWorkflows": [name for name in names if name not in known],
        }

    @operation("ListWorkflows")
    def list_workflows(self, owner: Owner, request: Request) -> Response:
        names = [workflow["Name"] for workflow in self._workflows.listed(owner)]
        return page(request, "Workflows", names, most=WORKFLOWS_PAGE)

    @operation("UpdateWorkflow")
    def update_workflow(self, owner: Owner, request: Request) -> Response:
        return {"Name": self._workflows.update(owner, request["Name"], request)["Name"]}

    @operation("DeleteWorkflow")
    def delete_workflow(self, owner: Owner, request: Request) -> Response:
        """Its triggers and runs go with it; jobs, crawlers and job runs stay."""
        name = request["Name"]
        if self._workflows.delete(owner, name):
            for trigger in self._triggers.of_workflow(owner, name):
                self._activation.delete(owner, trigger["Name"])
            self._runs.forget(owner, name)
        return {"Name": name}

    @operation("StartWorkflowRun")
    def start_workflow_run(self, owner: Owner, request: Request) -> Response:
        return {"RunId": self._runs.start(owner, request["Name"], request.get("RunProperties"))}

    @operation("StopWorkflowRun")
    def stop_workflow_run(self, owner: Owner, request: Request) -> Response:
        self._runs.stop(owner, request["Name"], request["RunId"])
        return {}

    @operation("ResumeWorkflowRun")
    def resume_workflow_run(self, owner: Owner, request: Request) -> Response:
        run_id, nodes = self._runs.resume(owner, request["Name"], request["RunId"], request["NodeIds"])
        return {"RunId": run_id, "NodeIds": nodes}

    @operation("GetWorkflowRun")
    def get_workflow_run(self, owner: Owner, request: Request) -> Response:
        return {"Run": self._runs.shown(owner, request["Name"], request["RunId"], bool(request.get("IncludeGraph")))}

    @operation("GetWorkflowRuns")
    def get_workflow_runs(self, owner: Owner, request: Request) -> Response:
        name, graph = request["Name"], bool(request.get("IncludeGraph"))
        answer = page(request, "Runs", self._runs.newest_first(owner, name))
        return {**answer, "Runs": [self._runs.shown(owner, name, run_id, graph) for run_id in answer["Runs"]]}

    @operation("GetWorkflowRunProperties")
    def get_workflow_run_properties(self, owner: Owner, request: Request) -> Response:
        run = self._runs.shown(owner, request["Name"], request["RunId"])
        return {"RunProperties": run.get("WorkflowRunProperties") or {}}

    @operation("PutWorkflowRunProperties")
    def put_workflow_run_properties(self, owner: Owner, request: Request) -> Response:
        self._runs.put_properties(owner, request["Name"], request["RunId"], request["RunProperties"])
        return {}

    def _shown(self, owner: Owner, workflow: Workflow, request: Request) -> dict[str, Any]:
        name, graph = workflow["Name"], bool(request.get("IncludeGraph"))
        last = self._runs.last(owner, name, graph)
        return {
            **workflow,
            **({"LastRun": last} if last else {}),
            **({"Graph": graphs.shown(name, self._triggers.of_workflow(owner, name))} if graph else {}),
        }
