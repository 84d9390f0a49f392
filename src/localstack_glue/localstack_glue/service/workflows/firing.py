"""Fires triggers: does their actions, hears what came of them, and fires the conditional triggers that follow.

    Firing.start       a chain begins (see chains.py), with a trigger that nothing precedes
    Firing.hear        a job run has ended for good      Firing.hear_crawl   a crawl has ended
    Firing.unheard     at start, before runs are taken over: the runs whose end nobody has heard yet
    Firing.catch_up    at start, when they are taken over: goes on with every chain

Every end is heard once, or again after a SIGKILL in that moment: what it leads to is written first and has a fixed place in
the chain, so nothing is started twice.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from .. import errors
from ..errors import GlueError
from ..owner import Owner
from ..runner import Runner
from ..runs import Run, RunStore
from ..starts import Starts
from ..states import ImpossibleTransition
from . import predicates, trigger_rules, triggers
from .chains import Chain, Chains, Fired, fired, running_crawls
from .predicates import Outcome
from .triggers import Trigger, TriggerStore

LOG = logging.getLogger(__name__)
_FROM_ACTION = ("Arguments", "Timeout", "SecurityConfiguration", "NotificationProperty")

CrawlEnding = Callable[[Owner, str, str, dict[str, Any]], None]


class Crawlers(Protocol):
    """What starts crawlers, as far as triggers need it. A Crawl is as ListCrawls shows it."""

    endings: list[CrawlEnding]
    """Each is called when a crawl has ended, with the crawler's name, SUCCEEDED, FAILED or CANCELLED, and the crawl; in any
    thread, but without a lock held; not when the environment stops."""

    def start(self, owner: Owner, name: str) -> dict[str, Any]:
        """The crawl. Raises EntityNotFound, CrawlerRunning."""

    def stop(self, owner: Owner, name: str) -> None:
        """Raises EntityNotFound, CrawlerNotRunning, CrawlerStopping."""

    def outcome(self, owner: Owner, name: str, crawl_id: str) -> tuple[str, dict[str, Any]] | None:
        """As an ending: how a crawl has ended; None while it goes on."""


class Firing:
    def __init__(
        self,
        store: TriggerStore,
        chains: Chains,
        runs: RunStore,
        runner: Runner,
        starts: Starts,
        *,
        crawlers: Crawlers,
    ) -> None:
        self._triggers, self._chains, self._runs, self._runner = store, chains, runs, runner
        self._starts, self._crawlers = starts, crawlers
        runner.endings.append(self.hear)
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
                for trigger, at, running in running_crawls(chain):
                    if chain["Fired"][trigger]["Trigger"]["Actions"][at]["CrawlerName"] != name:
                        continue
                    if running.get("CrawlId") not in (None, crawl.get("CrawlId")):
                        continue
                    ended = {
                        "Crawl": {
                            **running,
                            **_crawl_of(crawl),
                            "State": state,
                            "CompletedOn": crawl.get("EndTime", time.time()),
                        }
                    }
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
            self._guarded(lambda: self._stop_again(owner, chain), chain)  # noqa: B023 - called at once
            self._guarded(lambda: self._catch_up_crawls(owner, chain), chain)  # noqa: B023
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

    def stop_all(self, owner: Owner, identifier: str) -> None:
        """Stops every run and crawl of the chain that has not ended."""
        for run in self._chains.runs_of(identifier):
            with contextlib.suppress(ImpossibleTransition):  # it has ended, or is being stopped
                self._runner.stop(run)
        chain = self._chains.get(owner, identifier) or {"Fired": {}}
        for trigger, at, _ in running_crawls(chain):
            with contextlib.suppress(GlueError):  # the same
                self._crawlers.stop(owner, chain["Fired"][trigger]["Trigger"]["Actions"][at]["CrawlerName"])

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
                if run.ended and _matters(run):  # it could not start
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
        # Noted first: the crawl may end before `start` returns.
        self._chains.set_action(owner, identifier, name, at, {"Crawl": {"State": "RUNNING", "StartedOn": time.time()}})
        crawl = self._crawlers.start(owner, crawler)
        with self._chains.changed(owner, identifier) as chain:
            noted = chain["Fired"][name]["Actions"][at]["Crawl"]
            if noted["State"] == "RUNNING":
                noted.update(_crawl_of(crawl))

    def _catch_up_crawls(self, owner: Owner, chain: Chain) -> None:
        """Hears the ends of crawls that nobody was told, and starts those that were only noted."""
        for trigger, at, running in running_crawls(chain):
            crawler = chain["Fired"][trigger]["Trigger"]["Actions"][at]["CrawlerName"]
            if "CrawlId" in running:
                if ended := self._crawlers.outcome(owner, crawler, running["CrawlId"]):
                    self.hear_crawl(owner, crawler, *ended)
            elif not _open(chain):
                self._chains.set_action(owner, chain["Id"], trigger, at, {"State": "STOPPED"})
            else:
                try:
                    self._crawl(owner, chain["Id"], trigger, at, crawler)
                except errors.CrawlerRunning:
                    continue  # it was started after all; its end will be told
                except GlueError:
                    self._act(owner, chain["Id"], trigger, chain["Fired"][trigger], at)

    def _stop_again(self, owner: Owner, chain: Chain) -> None:
        if chain.get("Run", {}).get("Status") == "STOPPING":
            self.stop_all(owner, chain["Id"])

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


def _crawl_of(crawl: dict[str, Any]) -> dict[str, Any]:
    """The members that the Crawl of a workflow's graph shares with that of ListCrawls, and its id."""
    return {key: crawl[key] for key in ("CrawlId", "ErrorMessage", "LogGroup", "LogStream") if key in crawl}
