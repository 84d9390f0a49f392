"""Runs of workflows: chains (see chains.py) that have in addition

Run         AWS's WorkflowRun without Statistics and Graph, which are made when asked for
Triggers    the workflow's triggers when the run was started: later changes do not reach the run, as on AWS
Inherited   of a resumed run: what the run before has done that is not done again,
            [{"Node": [type, name], "Details": [JobRun or Crawl], "Outcomes": [[kind, name, state, run id]]}]

RUNNING -> COMPLETED, or RUNNING -> STOPPING -> STOPPED; ERROR, if a schedule wanted to start one run too many
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from .. import errors
from ..errors import InvalidInput
from ..owner import Owner
from . import graphs, trigger_rules
from .chains import Chain, Chains, Fired, crawls, fired
from .definitions import WorkflowStore
from .firing import Firing
from .graphs import Node
from .triggers import Trigger, TriggerStore

_COUNTED = {
    "SUCCEEDED": "SucceededActions",
    "FAILED": "FailedActions",
    "TIMEOUT": "TimeoutActions",
    "STOPPED": "StoppedActions",
    "CANCELLED": "StoppedActions",
    "ERROR": "ErroredActions",
    "EXPIRED": "ErroredActions",
    "WAITING": "WaitingActions",
}


class WorkflowRuns:
    def __init__(self, workflows: WorkflowStore, triggers: TriggerStore, chains: Chains, firing: Firing) -> None:
        self._workflows, self._triggers, self._chains, self._firing = workflows, triggers, chains, firing

    def start(self, owner: Owner, name: str, properties: Mapping[str, str] | None = None) -> str:
        """StartWorkflowRun: the new run's id. Raises EntityNotFound, ConcurrentRunsExceeded."""
        with self._chains.lock:
            workflow = self._workflows.get(owner, name)
            self._check_concurrency(owner, workflow)
            snapshot = self._triggers.of_workflow(owner, name)
            starting = [fired(trigger) for trigger in snapshot if trigger_rules.starts_workflow(trigger)]
            merged = {**(workflow.get("DefaultRunProperties") or {}), **(properties or {})}
            return self._begin(owner, name, snapshot, starting, WorkflowRunProperties=merged)

    def start_by_schedule(self, owner: Owner, name: str) -> None:
        """As `start`; one run too many is noted as a run in state ERROR. Raises EntityNotFound."""
        with self._chains.lock:
            try:
                self.start(owner, name)
            except errors.ConcurrentRunsExceeded as problem:
                over: dict[str, Any] = {"Status": "ERROR", "ErrorMessage": problem.message, "CompletedOn": time.time()}
                self._begin(owner, name, self._triggers.of_workflow(owner, name), [], **over)

    def stop(self, owner: Owner, name: str, run_id: str) -> None:
        """StopWorkflowRun: nothing more is started, and the jobs and crawlers that run are stopped. Raises EntityNotFound,
        IllegalWorkflowState."""
        with self._chains.lock:
            status = self._found(owner, name, run_id)["Run"]["Status"]
            if status != "RUNNING":
                raise errors.workflow_run_state(run_id, status, "RUNNING")
            with self._chains.changed(owner, run_id) as chain:
                chain["Run"]["Status"] = "STOPPING"
            self._firing.stop_all(owner, run_id)
            self._firing.settle(owner, run_id)

    def resume(self, owner: Owner, name: str, run_id: str, node_ids: list[str]) -> tuple[str, list[str]]:
        """ResumeWorkflowRun: the id of the new run, and the ids of the nodes that are started; those that follow from
        them start by themselves. Raises EntityNotFound, InvalidInput, IllegalWorkflowState, ConcurrentRunsExceeded."""
        with self._chains.lock:
            chain = self._found(owner, name, run_id)
            if chain["Run"]["Status"] != "COMPLETED":
                raise errors.workflow_run_state(run_id, chain["Run"]["Status"], "COMPLETED")
            self._check_concurrency(owner, self._workflows.get(owner, name))
            chosen = self._chosen(chain, node_ids)
            following = {node: graphs.downstream(chain["Triggers"], node) for node in chosen}
            again = [node for node in chosen if not any(node in following[o] for o in chosen if o != node)] or chosen[
                :1
            ]
            repeated = {*again, *(node for first in again for node in following[first])}
            new = self._begin(
                owner,
                name,
                chain["Triggers"],
                self._fired_again(chain, again, repeated),
                PreviousRunId=run_id,
                WorkflowRunProperties=chain["Run"].get("WorkflowRunProperties") or {},
                inherited=self._inherited(chain, repeated),
            )
            return new, [graphs.identifier(name, node) for node in again]

    def shown(self, owner: Owner, name: str, run_id: str, graph: bool = False) -> dict[str, Any]:
        """AWS's WorkflowRun. Raises EntityNotFound."""
        return self._shown(self._found(owner, name, run_id), graph)

    def newest_first(self, owner: Owner, name: str) -> list[str]:
        """The ids of all runs. Raises EntityNotFound."""
        self._workflows.get(owner, name)
        return [chain["Id"] for chain in self._of(owner, name)]

    def last(self, owner: Owner, name: str, graph: bool = False) -> dict[str, Any] | None:
        found = self._of(owner, name)
        return self._shown(found[0], graph) if found else None

    def put_properties(self, owner: Owner, name: str, run_id: str, properties: Mapping[str, str]) -> None:
        """Adds or replaces run properties. Raises EntityNotFound."""
        with self._chains.lock:
            self._found(owner, name, run_id)
            with self._chains.changed(owner, run_id) as chain:
                chain["Run"]["WorkflowRunProperties"] = {
                    **(chain["Run"].get("WorkflowRunProperties") or {}),
                    **properties,
                }

    def forget(self, owner: Owner, name: str) -> None:
        """With the workflow go its runs; jobs that run go on, and nothing follows them."""
        with self._chains.lock:
            for chain in self._of(owner, name):
                self._chains.delete(owner, chain["Id"])

    def _begin(
        self,
        owner: Owner,
        name: str,
        snapshot: list[Trigger],
        starting: list[Fired],
        inherited: list[dict[str, Any]] | None = None,
        **members: Any,
    ) -> str:
        run_id = f"wr_{secrets.token_hex(32)}"
        run = {"Name": name, "WorkflowRunId": run_id, "StartedOn": time.time(), "Status": "RUNNING", **members}
        more = {"Inherited": inherited} if inherited else {}
        self._chains.begin(owner, starting, run_id, Run=run, Triggers=snapshot, **more)
        self._firing.go_on(owner, run_id)
        return run_id

    def _check_concurrency(self, owner: Owner, workflow: Mapping[str, Any]) -> None:
        active = sum(chain["Run"]["Status"] in ("RUNNING", "STOPPING") for chain in self._of(owner, workflow["Name"]))
        if active >= workflow.get("MaxConcurrentRuns", active + 1):
            raise errors.concurrent_workflow_runs_exceeded(workflow["Name"])

    def _found(self, owner: Owner, name: str, run_id: str) -> Chain:
        self._workflows.get(owner, name)
        chain = self._chains.get(owner, run_id)
        if chain is None or chain.get("Run", {}).get("Name") != name:
            raise errors.workflow_not_found()
        return chain

    def _of(self, owner: Owner, name: str) -> list[Chain]:
        """The workflow's runs, newest first."""
        found = [chain for chain in self._chains.listed(owner) if chain.get("Run", {}).get("Name") == name]
        return sorted(found, key=lambda chain: chain["Run"]["StartedOn"], reverse=True)

    def _chosen(self, chain: Chain, node_ids: list[str]) -> list[Node]:
        """The nodes to resume from. Raises InvalidInput if one cannot be."""
        name = chain["Run"]["Name"]
        known = {graphs.identifier(name, node): node for node in graphs.nodes(chain["Triggers"])}
        details = self._details(chain)
        for node_id in node_ids:
            if node_id not in known:
                raise InvalidInput(f"Node {node_id} is not part of workflow run {chain['Id']}")  # [?]
            if known[node_id][0] == "TRIGGER":
                raise InvalidInput(f"A workflow run cannot be resumed from a trigger: {node_id}")  # [?]
            if not details.get(known[node_id]):
                raise InvalidInput(f"Node {node_id} has no run attempt in workflow run {chain['Id']}")  # [?]
        if not node_ids:
            raise InvalidInput("NodeIds cannot be empty")  # [?]
        return list(dict.fromkeys(known[node_id] for node_id in node_ids))

    def _fired_again(self, chain: Chain, again: list[Node], repeated: set[Node]) -> list[Fired]:
        """The triggers that have fired already when the resumed run begins: those that started `again`, with these
        actions to be done once more, and all that lie not downstream."""
        found, todo, states = [], set(again), self._states(chain)
        for each in chain["Fired"].values():
            targets = [graphs.started(action) for action in each["Trigger"].get("Actions") or ()]
            if ("TRIGGER", each["Trigger"]["Name"]) in repeated and not todo & set(targets):
                continue
            actions: list[dict[str, Any] | None] = []
            for target, action in zip(targets, each["Actions"]):
                actions.append(None if target in todo else {"State": _state(states, action)})
                todo.discard(target)
            found.append({**each, "Actions": actions})
        return found

    def _inherited(self, chain: Chain, repeated: set[Node]) -> list[dict[str, Any]]:
        details = self._details(chain)
        outcomes = self._chains.outcomes(chain)
        return [
            {
                "Node": list(node),
                "Details": found,
                "Outcomes": [[o.kind, o.name, o.state, o.run_id] for o in outcomes if (o.kind, o.name) == node],
            }
            for node, found in details.items()
            if node not in repeated
        ]

    def _details(self, chain: Chain) -> dict[Node, list[Any]]:
        """The job runs and crawls of every node that has run. A job that could not be started shows as a run in ERROR."""
        found: dict[Node, list[Any]] = {tuple(each["Node"]): each["Details"] for each in chain.get("Inherited") or ()}
        for run in self._chains.runs_of(chain["Id"]):
            found.setdefault(("JOB", run.record["JobName"]), []).append(run.shown())
        for name, crawl in crawls(chain):
            shown = {key: value for key, value in crawl.items() if key != "CrawlId"}
            found.setdefault(("CRAWLER", name), []).append(shown)
        for each in chain["Fired"].values():
            for at, action in enumerate(each["Actions"]):
                if action and "Error" in action:
                    node = graphs.started(each["Trigger"]["Actions"][at])
                    found.setdefault(node, []).append(_refused(node, each, action["Error"]))
        return found

    def _shown(self, chain: Chain, graph: bool) -> dict[str, Any]:
        run = {**chain["Run"], "Statistics": self._statistics(chain)}
        if graph:
            run["Graph"] = graphs.shown(run["Name"], chain["Triggers"], self._details(chain))
        return run

    def _statistics(self, chain: Chain) -> dict[str, int]:
        found = dict.fromkeys(("TotalActions", "RunningActions", *_COUNTED.values()), 0)
        found["TotalActions"] = sum(len(trigger.get("Actions") or ()) for trigger in chain["Triggers"])
        states = self._states(chain)
        for each in chain["Fired"].values():
            for action in each["Actions"]:
                found[_COUNTED.get(_state(states, action), "RunningActions")] += 1
        return found

    def _states(self, chain: Chain) -> dict[str, str]:
        """The state of each run, by the id of its first attempt: that of its latest."""
        return {run.id.split("_attempt_")[0]: run.state for run in self._chains.runs_of(chain["Id"])}


def _state(runs: Mapping[str, str], action: Mapping[str, Any] | None) -> str:
    """The state of what an action has started."""
    action = action or {}
    if "Crawl" in action:
        return str(action["Crawl"]["State"])
    if "RunId" in action:
        return runs.get(action["RunId"], "ERROR")
    return "ERROR" if "Error" in action else str(action.get("State", "RUNNING"))


def _refused(node: Node, each: Fired, error: Mapping[str, Any]) -> dict[str, Any]:
    kind, name = node
    if kind == "CRAWLER":
        return {"State": "ERROR", "StartedOn": error["At"], "ErrorMessage": error["Message"]}
    return {
        "JobName": name,
        "TriggerName": each["Trigger"]["Name"],
        "JobRunState": "ERROR",
        "ErrorMessage": error["Message"],
        "StartedOn": error["At"],
        "CompletedOn": error["At"],
        "PredecessorRuns": each["Predecessors"],
    }
