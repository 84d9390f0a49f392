"""The graph of a workflow: triggers, jobs and crawlers as nodes, and who starts or awaits whom as edges.

    {"Nodes": [{"Type", "Name", "UniqueId", ...}], "Edges": [{"SourceId", "DestinationId"}]}

Source: "Querying workflows using the AWS Glue API" in Glue's guide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from . import predicates

Node = tuple[str, str]
"""TRIGGER, JOB or CRAWLER, and the name."""
Edge = tuple[Node, Node]


def edges(triggers: Iterable[Mapping[str, Any]]) -> list[Edge]:
    """From each watched job or crawler to the trigger, and from the trigger to what it starts."""
    found: list[Edge] = []
    for trigger in triggers:
        node = ("TRIGGER", trigger["Name"])
        for condition in (trigger.get("Predicate") or {}).get("Conditions") or ():
            found.append((predicates.watched(condition)[:2], node))
        for action in trigger.get("Actions") or ():
            found.append((node, started(action)))
    return list(dict.fromkeys(found))


def nodes(triggers: Iterable[Mapping[str, Any]]) -> list[Node]:
    triggers = list(triggers)
    ends = [node for edge in edges(triggers) for node in edge]
    return list(dict.fromkeys([*(("TRIGGER", trigger["Name"]) for trigger in triggers), *ends]))


def started(action: Mapping[str, Any]) -> Node:
    """What an action starts."""
    return ("CRAWLER", action["CrawlerName"]) if action.get("CrawlerName") else ("JOB", action["JobName"])


def downstream(triggers: Iterable[Mapping[str, Any]], start: Node) -> set[Node]:
    """Every node that can be reached from `start`; itself only if there is a cycle."""
    following: dict[Node, list[Node]] = {}
    for source, destination in edges(triggers):
        following.setdefault(source, []).append(destination)
    found: set[Node] = set()
    todo = list(following.get(start, ()))
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += following.get(node, ())
    return found


def identifier(workflow: str, node: Node) -> str:
    """The UniqueId of a node: the same in the workflow and in all of its runs."""
    return f"wnode_{hashlib.sha256('/'.join((workflow, *node)).encode()).hexdigest()}"


def shown(
    workflow: str, triggers: Iterable[Mapping[str, Any]], details: Mapping[Node, list[Any]] | None = None
) -> dict[str, Any]:
    """AWS's WorkflowGraph. `details` are the job runs and crawls of nodes that have run, for the graph of a run."""
    triggers = list(triggers)
    definitions = {trigger["Name"]: trigger for trigger in triggers}

    def node(of: Node) -> dict[str, Any]:
        kind, name = of
        shape: dict[str, Any] = {"Type": kind, "Name": name, "UniqueId": identifier(workflow, of)}
        if kind == "TRIGGER":
            shape["TriggerDetails"] = {"Trigger": definitions[name]}
        elif details and details.get(of):
            shape |= (
                {"JobDetails": {"JobRuns": details[of]}}
                if kind == "JOB"
                else {"CrawlerDetails": {"Crawls": details[of]}}
            )
        return shape

    return {
        "Nodes": [node(each) for each in nodes(triggers)],
        "Edges": [
            {"SourceId": identifier(workflow, source), "DestinationId": identifier(workflow, destination)}
            for source, destination in edges(triggers)
        ],
    }
