"""When the predicate of a conditional trigger is met, by what has ended so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

JOB_STATES = ("SUCCEEDED", "STOPPED", "FAILED", "TIMEOUT")
CRAWL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")
"""The states that a condition may wait for. Source: Condition in Glue's API model."""


@dataclass(frozen=True)
class Outcome:
    """The end of a job run or a crawl: `kind` is JOB or CRAWLER; a crawl has no `run_id`."""

    kind: str
    name: str
    state: str
    run_id: str = ""

    @property
    def predecessor(self) -> dict[str, str]:
        """As in a JobRun's PredecessorRuns."""
        return {"JobName": self.name, "RunId": self.run_id}


def watched(condition: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, name and state that a condition waits for. The state of a crawler may stand in CrawlState or State."""
    if condition.get("CrawlerName"):
        return "CRAWLER", condition["CrawlerName"], condition.get("CrawlState") or condition.get("State") or ""
    return "JOB", condition.get("JobName") or "", condition.get("State") or ""


def met(predicate: Mapping[str, Any], outcomes: Iterable[Outcome]) -> list[Outcome] | None:
    """The outcomes that meet `predicate`, the latest for each condition; None if it is not met.

    AND wants each condition met, ANY one of them. `outcomes` are in the order in which they happened."""
    latest = {(outcome.kind, outcome.name, outcome.state): outcome for outcome in outcomes}
    conditions: Sequence[Mapping[str, Any]] = predicate.get("Conditions") or ()
    found = [latest.get(watched(condition)) for condition in conditions]
    matching = [outcome for outcome in found if outcome]
    enough = 1 if predicate.get("Logical") == "ANY" else len(found)
    return list(dict.fromkeys(matching)) if matching and len(matching) >= enough else None
