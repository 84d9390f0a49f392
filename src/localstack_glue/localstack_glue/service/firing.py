"""Fires triggers: does their actions, hears what came of them, and fires the conditional triggers that follow.

    Firing.start       a chain begins (see chains.py), with a trigger that nothing precedes
    Firing.hear        a job run has ended for good      Firing.hear_crawl   a crawl has ended
    Firing.unheard     at start, before runs are taken over: the runs whose end nobody has heard yet
    Firing.catch_up    at start, when they are taken over: goes on with every chain

Every end is heard once, or again after a SIGKILL in that moment: what it leads to is written first and has a fixed place in
the chain, so nothing is started twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from . import errors, predicates, trigger_rules, triggers
from .chains import Chain, Chains, Fired, fired
from .errors import GlueError
from .owner import Owner
from .predicates import Outcome
from .runner import Runner
from .runs import Run, RunStore
from .starts import Starts
from .states import ImpossibleTransition
from .triggers import Trigger, TriggerStore

LOG = logging.getLogger(__name__)
_FROM_ACTION = ("Arguments", "Timeout", "SecurityConfiguration", "NotificationProperty")

CrawlEnding = Callable[[Owner, str, str, dict[str, Any]], None]


class Crawlers(Protocol):
    """What starts crawlers, as far as triggers need it."""

    endings: list[CrawlEnding]
    """Each is called when a crawl has ended, with the crawler's name, SUCCEEDED, FAILED or CANCELLED, and AWS's Crawl; in
    any thread, but without a lock held. The crawls that a SIGKILL cut off are told after the next start."""

    def start(self, owner: Owner, name: str) -> dict[str, Any]:
        """Raises GlueError: EntityNotFound, CrawlerRunningException, ..."""


class Firing:
    def __init__(
        self,
        store: TriggerStore,
        chains: Chains,
        runs: RunStore,
        runner: Runner,
        starts: Starts,
        *,
        crawlers: Crawlers | None = None,
    ) -> None:
        self._triggers, self._chains, self._runs, self._runner = store, chains, runs, runner
        self._starts, self._crawlers = starts, crawlers
        runner.endings.append(self.hear)
        if crawlers:
            crawlers.endings.append(self.hear_crawl)

    def start(self, owner: Owner, trigger: Trigger) -> list[GlueError]:
        """Fires a trigger that belongs to no workflow. What its actions were refused with."""
        with self._chains.lock:
            chain = self._chains.begin(owner, [fired(trigger)])
            return self.go_on(owner, chain["Id"])

    def go_on(self, owner: Owner, identifier: str) -> list[GlueError]:
        """Does the actions of a chain that are still to be done, and sees whether that was all. Their refusals."""
        with self._chains.lock:
            chain = self._chains.get(owner, identifier) or {"Fired": {}}
            refusals = []
            for name, each in chain["Fired"].items():
                for at, action in enumerate(each["Actions"]):
                    if action is None and not _open(chain):
                        self._chains.set_action(owner, identifier, name, at, {"State": "STOPPED"})
                    elif action is None and (refusal := self._act(owner, identifier, name, each, at)):
                        refusals.append(refusal)
            self.settle(owner, identifier)
            return refusals

    def hear(self, run: Run) -> None:
        """A run has ended, and no retry follows."""
        if not run.local.get("Chain") or run.local.get("Heard"):
            return
        with self._chains.lock:
            self._advance(run.owner, run.local["Chain"], run)
            self._runs.remember(run, Heard=True)
            self.settle(run.owner, run.local["Chain"])

    def hear_crawl(self, owner: Owner, name: str, state: str, crawl: dict[str, Any]) -> None:
        """A crawl has ended; it matters if a trigger has started it."""
        with self._chains.lock:
            for chain in self._chains.listed(owner):
                for trigger, at, running in _running_crawls(chain, name):
                    ended = {"Crawl": {**running, **crawl, "State": state}}
                    self._chains.set_action(owner, chain["Id"], trigger, at, ended)
                    self._advance(owner, chain["Id"])
                    self.settle(owner, chain["Id"])

    def unheard(self) -> list[Run]:
        """Notes also the retries that a SIGKILL kept from being noted: what they repeat has not ended for good."""
        retries = {run.record["PreviousRunId"]: run for run in self._runs.all() if run.record["Attempt"]}
        unheard = [run for run in self._runs.all() if run.ended and _matters(run)]
        for run in unheard:
            if run.id in retries:
                self._runs.remember(run, RetriedAs=retries[run.id].id)
        return [run for run in unheard if _matters(run)]

    def catch_up(self, unheard: Iterable[Run]) -> None:
        """After a restart: hears those ends, and goes on with what was begun."""
        for owner, chain in self._chains.all():
            self._guarded(lambda: self._stop_again(chain), chain)  # noqa: B023 - called at once
            self._guarded(lambda: self.go_on(owner, chain["Id"]), chain)  # noqa: B023
        for run in unheard:
            self._guarded(lambda: self.hear(run), run)  # noqa: B023

    def settle(self, owner: Owner, identifier: str) -> None:
        """Ends the chain if nothing of it is left to be done."""
        chain = self._chains.get(owner, identifier)
        if chain is None or self._chains.busy(chain):
            return
        if "Run" not in chain:
            self._chains.delete(owner, identifier)
        elif chain["Run"]["Status"] in ("RUNNING", "STOPPING"):
            with self._chains.changed(owner, identifier) as ending:
                stopped = ending["Run"]["Status"] == "STOPPING"
                ending["Run"].update(Status="STOPPED" if stopped else "COMPLETED", CompletedOn=time.time())

    def stop_runs(self, identifier: str) -> None:
        """Stops every run of the chain that has not ended."""
        for run in self._chains.runs_of(identifier):
            try:
                self._runner.stop(run)
            except ImpossibleTransition:  # it has ended, or is being stopped
                continue

    def _advance(self, owner: Owner, identifier: str, ending: Run | None = None) -> None:
        """Fires the conditional triggers that are met now."""
        chain = self._chains.get(owner, identifier)
        if chain is None or not _open(chain):
            return
        outcomes = self._chains.outcomes(chain, ending)
        candidates = chain.get("Triggers")
        for trigger in self._triggers.of_workflow(owner, None) if candidates is None else candidates:
            if trigger["Type"] == trigger_rules.CONDITIONAL and trigger["State"] == triggers.ACTIVATED:
                met = predicates.met(trigger["Predicate"], outcomes)
                if met and trigger["Name"] not in chain["Fired"]:
                    self._fire(owner, identifier, trigger, met)

    def _fire(self, owner: Owner, identifier: str, trigger: Trigger, met: list[Outcome]) -> None:
        entry = fired(trigger, met)
        with self._chains.changed(owner, identifier) as chain:
            chain["Fired"][trigger["Name"]] = entry
        LOG.info("Glue trigger %s fires in %s", trigger["Name"], identifier)
        for at in range(len(entry["Actions"])):
            self._act(owner, identifier, trigger["Name"], entry, at)

    def _act(self, owner: Owner, identifier: str, name: str, each: Fired, at: int) -> GlueError | None:
        action = each["Trigger"]["Actions"][at]
        try:
            if action.get("CrawlerName"):
                self._crawl(owner, identifier, name, at, action["CrawlerName"])
            else:
                run = self._begun(identifier, name, at) or self._run(owner, identifier, name, each, at)
                self._chains.set_action(owner, identifier, name, at, {"RunId": run.id})
                if run.ended:  # it could not start
                    self.hear(run)
            return None
        except GlueError as problem:
            refusal = problem
        except Exception as problem:
            LOG.exception("Glue trigger %s", name)
            refusal = GlueError(f"{type(problem).__name__}: {problem}")
        target = action.get("JobName") or action.get("CrawlerName")
        LOG.warning("Glue trigger %s could not start %s: %s: %s", name, target, refusal.code, refusal.message)
        error = {"Code": refusal.code, "Message": refusal.message, "At": time.time()}
        self._chains.set_action(owner, identifier, name, at, {"Error": error})
        return refusal

    def _run(self, owner: Owner, identifier: str, name: str, each: Fired, at: int) -> Run:
        action = each["Trigger"]["Actions"][at]
        workflow = each["Trigger"].get("WorkflowName")
        by_hand = each["Trigger"]["Type"] == trigger_rules.ON_DEMAND and not workflow
        start = self._starts.start if by_hand else self._starts.start_for_trigger
        return start(
            owner,
            action["JobName"],
            {key: action[key] for key in _FROM_ACTION if action.get(key) is not None},
            record={"TriggerName": name, "PredecessorRuns": each["Predecessors"]},
            local={"Chain": identifier, "Trigger": name, "Action": at},
            unseen={"--WORKFLOW_NAME": workflow, "--WORKFLOW_RUN_ID": identifier} if workflow else None,
        )

    def _begun(self, identifier: str, name: str, at: int) -> Run | None:
        """The run of an action that a SIGKILL kept from being noted as done."""
        mine = {"Trigger": name, "Action": at}.items()
        return next((run for run in self._chains.runs_of(identifier) if mine <= run.local.items()), None)

    def _crawl(self, owner: Owner, identifier: str, name: str, at: int, crawler: str) -> None:
        if not self._crawlers:
            raise errors.crawler_not_found(crawler)
        # Noted first: the crawl may end before `start` returns.
        crawl = {"State": "RUNNING", "StartedOn": time.time()}
        self._chains.set_action(owner, identifier, name, at, {"Crawl": crawl})
        self._crawlers.start(owner, crawler)

    def _stop_again(self, chain: Chain) -> None:
        if chain.get("Run", {}).get("Status") == "STOPPING":
            self.stop_runs(chain["Id"])

    def _guarded(self, work: Callable[[], Any], what: object) -> None:
        try:
            work()
        except Exception:
            LOG.exception("Glue's triggers could not go on with %s", what)


def _matters(run: Run) -> bool:
    unwanted = ("Heard", "RetryDue", "RetriedAs")
    return bool(run.local.get("Chain")) and not any(run.local.get(mark) for mark in unwanted)


def _open(chain: Chain) -> bool:
    """Whether triggers may still fire in it."""
    return bool(chain.get("Run", {}).get("Status", "RUNNING") == "RUNNING")


def _running_crawls(chain: Chain, crawler: str) -> list[tuple[str, int, dict[str, Any]]]:
    """Trigger, number of the action, and the Crawl."""
    return [
        (trigger, at, action["Crawl"])
        for trigger, each in chain["Fired"].items()
        for at, action in enumerate(each["Actions"])
        if action and action.get("Crawl", {}).get("State") == "RUNNING"
        if each["Trigger"]["Actions"][at]["CrawlerName"] == crawler
    ]
