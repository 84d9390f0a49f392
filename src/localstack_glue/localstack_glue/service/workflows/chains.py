"""Chains: all that follows from one start of a trigger, or from one run of a workflow.

Glue's conditional triggers look only at what was started by triggers, and "all jobs or crawlers in a dependency chain must
be descendants of a single scheduled or on-demand trigger": that is a chain. In a chain, each trigger fires at most once.

A chain is a document of documents.py, written before what it announces is done, so that a SIGKILL at any moment neither
loses a start nor repeats one:

    {"Id": "wr_..." or "tc_...",
     "Fired": {<trigger>: {"Trigger": {...}, "Predecessors": [{"JobName", "RunId"}], "Actions": [<what became of each>]}},
     "Run": {...}, "Triggers": [...], "Inherited": [...]}                     only of a workflow run, see runs.py

What became of an action: None (to be done), {"RunId"}, {"Crawl": {...} with its CrawlId}, {"Error": {"Code", "Message", "At"}},
or {"State"} if it is not done in this chain: because the workflow run that this one resumes has done it, or because the run
was stopped.
A run knows its chain, trigger and action by its local part, and whether its end has been heard: `Heard`. A chain that
belongs to no workflow run is deleted when nothing of it is left.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..documents import Documents
from ..owner import Owner
from ..runs import Run, RunStore
from .predicates import CRAWL_STATES, Outcome

Chain = dict[str, Any]
Fired = dict[str, Any]


def fired(trigger: Mapping[str, Any], predecessors: Iterable[Outcome] = ()) -> Fired:
    """The entry of a trigger that fires, with all actions still to be done."""
    return {
        "Trigger": copy.deepcopy(dict(trigger)),
        "Predecessors": [each.predecessor for each in predecessors if each.kind == "JOB"],
        "Actions": [None for _ in trigger.get("Actions") or ()],
    }


class Chains:
    """All chains of all accounts and regions. `lock` is held by whoever reads, decides and writes."""

    def __init__(self, folder: Path, runs: RunStore) -> None:
        self._documents = Documents(folder, lambda document: str(document["Id"]))
        self._runs = runs
        self.lock = self._documents.lock

    def begin(self, owner: Owner, triggers: Sequence[Fired], identifier: str = "", **members: Any) -> Chain:
        """A chain in which `triggers` have fired; their actions are still to be done."""
        chain = {
            "Id": identifier or f"tc_{secrets.token_hex(32)}",
            "Fired": {each["Trigger"]["Name"]: each for each in triggers},
            **members,
        }
        self._documents.put(owner, chain)
        return chain

    def get(self, owner: Owner, identifier: str) -> Chain | None:
        return self._documents.get(owner, identifier)

    def listed(self, owner: Owner) -> list[Chain]:
        return self._documents.listed(owner)

    def all(self) -> list[tuple[Owner, Chain]]:
        return [(owner, chain) for owner in self._documents.owners() for chain in self.listed(owner)]

    def delete(self, owner: Owner, identifier: str) -> None:
        self._documents.delete(owner, identifier)

    @contextmanager
    def changed(self, owner: Owner, identifier: str) -> Iterator[Chain]:
        """The chain, to be changed; written at the end of the block. Raises KeyError if it is gone."""
        with self.lock:
            chain = self.get(owner, identifier)
            if chain is None:
                raise KeyError(identifier)
            yield chain
            self._documents.put(owner, chain)

    def set_action(self, owner: Owner, identifier: str, trigger: str, at: int, what: Mapping[str, Any]) -> None:
        with self.changed(owner, identifier) as chain:
            chain["Fired"][trigger]["Actions"][at] = dict(what)

    def runs_of(self, identifier: str) -> list[Run]:
        """Every attempt, oldest first."""
        return [run for run in self._runs.all() if run.local.get("Chain") == identifier]

    def outcomes(self, chain: Chain, ending: Run | None = None) -> list[Outcome]:
        """What has ended in `chain`, in that order. `ending` counts although its end is not marked as heard yet."""
        found = [Outcome(*each) for item in chain.get("Inherited") or () for each in item["Outcomes"]]
        settled = [run for run in self.runs_of(chain["Id"]) if run.local.get("Heard") or run is ending]
        found += [
            Outcome("JOB", run.record["JobName"], run.state, run.id)
            for run in sorted(settled, key=lambda run: run.record.get("CompletedOn", 0.0))
        ]
        return found + [
            Outcome("CRAWLER", name, crawl["State"]) for name, crawl in crawls(chain) if crawl["State"] in CRAWL_STATES
        ]

    def busy(self, chain: Chain) -> bool:
        """Whether an action is still to be done, or what one has started has not ended."""
        actions = [action for each in chain["Fired"].values() for action in each["Actions"]]
        crawling = any(crawl["State"] not in (*CRAWL_STATES, "ERROR") for _, crawl in crawls(chain))
        running = any(not (run.local.get("Heard") or run.local.get("RetriedAs")) for run in self.runs_of(chain["Id"]))
        return None in actions or crawling or running


def crawls(chain: Chain) -> list[tuple[str, dict[str, Any]]]:
    """The crawls that triggers of `chain` have started: the crawler's name, and AWS's Crawl."""
    return [
        (each["Trigger"]["Actions"][at]["CrawlerName"], action["Crawl"])
        for each in chain["Fired"].values()
        for at, action in enumerate(each["Actions"])
        if action and "Crawl" in action
    ]


def running_crawls(chain: Chain) -> list[tuple[str, int, dict[str, Any]]]:
    """Those of them that have not ended: trigger, number of the action, and the Crawl."""
    return [
        (trigger, at, action["Crawl"])
        for trigger, each in chain["Fired"].items()
        for at, action in enumerate(each["Actions"])
        if action and action.get("Crawl", {}).get("State") == "RUNNING"
    ]
