"""What a trigger's definition must look like. Sources: CreateTrigger in Glue's API model [M], "AWS Glue triggers" and
"workflow restrictions" in the guide [M], public recordings of AWS's refusals [R]; [?] where the wording is ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import capacity, schedules
from ..errors import InvalidInput
from . import predicates

Trigger = Mapping[str, Any]
ON_DEMAND, SCHEDULED, CONDITIONAL, EVENT = "ON_DEMAND", "SCHEDULED", "CONDITIONAL", "EVENT"
MOST_CRAWLERS = 2  # that one trigger can start


def check(trigger: Trigger) -> None:
    """Raises InvalidInput. `trigger` is a request's, or what an update leads to."""
    kind = trigger["Type"]
    if kind == SCHEDULED and not trigger.get("Schedule"):
        raise InvalidInput("Schedule cannot be null or empty for a trigger of type SCHEDULED")  # [?]
    if trigger.get("Schedule"):
        schedules.parse(trigger["Schedule"])
    conditions = (trigger.get("Predicate") or {}).get("Conditions") or []
    if kind == CONDITIONAL and not conditions:
        raise InvalidInput("Predicate cannot be null or empty for a trigger of type CONDITIONAL")  # [?]
    if len(conditions) > 1 and not trigger["Predicate"].get("Logical"):
        raise InvalidInput("Logical cannot be null or empty if there are several conditions")  # [?]
    if kind != EVENT and trigger.get("EventBatchingCondition"):
        raise InvalidInput("EventBatchingCondition is only for triggers of type EVENT")  # [?]
    for condition in conditions:
        _check_condition(condition)
    _check_actions(trigger.get("Actions") or [])
    if watched_jobs(trigger) & started_jobs(trigger):
        raise InvalidInput("Job cannot be a Predicate and Action for Conditional Trigger.")  # [R]


def check_new(request: Trigger) -> None:
    """What CreateTrigger asks in addition. Raises InvalidInput."""
    if request.get("StartOnCreation") and request["Type"] in (ON_DEMAND, EVENT):
        raise InvalidInput(f"StartOnCreation is not supported for triggers of type {request['Type']}")  # [?]
    if request["Type"] == EVENT and not request.get("WorkflowName"):
        raise InvalidInput("A trigger of type EVENT must belong to a workflow")  # [?]


def check_workflow(trigger: Trigger, others: Iterable[Trigger]) -> None:
    """Raises InvalidInput if `others`, of the same workflow, do not bear `trigger`."""
    starting = [other["Name"] for other in others if starts_workflow(other)]
    if starts_workflow(trigger) and starting:
        raise InvalidInput(  # [?]
            f"Workflow {trigger['WorkflowName']} already has a starting trigger: {starting[0]}"
        )


def starts_workflow(trigger: Trigger) -> bool:
    return bool(trigger["Type"] != CONDITIONAL)


def started_jobs(trigger: Trigger) -> set[str]:
    return {action["JobName"] for action in trigger.get("Actions") or () if action.get("JobName")}


def watched_jobs(trigger: Trigger) -> set[str]:
    conditions = (trigger.get("Predicate") or {}).get("Conditions") or ()
    return {condition["JobName"] for condition in conditions if condition.get("JobName")}


def _check_actions(actions: list[Mapping[str, Any]]) -> None:
    for action in actions:
        _one_of(action, "An action")
        capacity.check({"Timeout": action.get("Timeout")}, "")
    if sum(bool(action.get("CrawlerName")) for action in actions) > MOST_CRAWLERS:
        raise InvalidInput("Actions cannot contain more than two crawlers")  # [R]


def _check_condition(condition: Mapping[str, Any]) -> None:
    _one_of(condition, "A condition")
    if not condition.get("LogicalOperator"):
        raise InvalidInput("Logical operator cannot be null or empty")  # [R]
    kind, _, state = predicates.watched(condition)
    word, allowed = ("crawler", predicates.CRAWL_STATES) if kind == "CRAWLER" else ("job", predicates.JOB_STATES)
    if state not in allowed:  # [R] for a crawler without a state
        raise InvalidInput(
            f"State cannot be null or empty, choose from one of the following {word} state: [{', '.join(allowed)}]"
        )


def _one_of(item: Mapping[str, Any], what: str) -> None:
    if bool(item.get("JobName")) == bool(item.get("CrawlerName")):
        raise InvalidInput(f"{what} must have either a JobName or a CrawlerName")  # [?]
