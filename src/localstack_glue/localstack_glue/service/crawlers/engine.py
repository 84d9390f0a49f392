"""Crawls from StartCrawler to their end: one thread for each crawl in progress, and a process (processes.py).

    start     READY to RUNNING                          shutdown   at an orderly stop: processes ended, crawls FAILED
    stop      RUNNING to STOPPING, then CANCELLED       adopt      after a SIGKILL of LocalStack: what it left is ended

A crawl ends SUCCEEDED only if its process says so: exit status 0.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from .. import errors, process
from ..documents import Document
from ..logs import Shipper
from ..owner import Owner
from ..process import Process
from ..supervision import Supervisions
from . import definitions, history, logs
from .crawl.log import line
from .history import Crawl
from .processes import CrawlProcesses
from .store import KEPT_CRAWLS, CrawlerStore

LOG = logging.getLogger(__name__)
SUCCEEDED, FAILED, CANCELLED = "SUCCEEDED", "FAILED", "CANCELLED"
_IN_HISTORY = {SUCCEEDED: "COMPLETED", FAILED: "FAILED", CANCELLED: "STOPPED"}
SHIP_EVERY = 0.5  # seconds between two looks at a crawl's output
ENVIRONMENT_STOPPED = "The local environment was stopped while this crawl was in progress. Start the crawler again."
INTERRUPTED = (
    "The local environment ended without warning while this crawl was in progress; its process was ended at the next start. "
    "Start the crawler again."
)
_UNDERSTOOD = ("CsvClassifier", "JsonClassifier")
Client = Callable[[str, str, str], Any]
Lookup = Callable[[Owner, str], "dict[str, Any] | None"]
Ending = Callable[[Owner, str, str, Crawl], None]


class CrawlerEngine:
    """`classifier(owner, name)` gives a user's Classifier structure, or None."""

    def __init__(self, store: CrawlerStore, processes: CrawlProcesses, client: Client, classifier: Lookup) -> None:
        self._store, self._processes, self._client = store, processes, client
        self.classifier = classifier
        self._supervised = Supervisions()
        self.endings: list[Ending] = []
        """Called with (owner, crawler's name, SUCCEEDED | FAILED | CANCELLED, the crawl as ListCrawls shows it) when it has
        ended and the crawler is READY again; not when the environment stops: then `outcome` tells, after the next start."""

    def start(self, owner: Owner, name: str) -> Crawl:
        """StartCrawler: the crawl, as ListCrawls shows it. Raises EntityNotFound, CrawlerRunning."""
        with self._store.documents.lock:
            document = self._store.document(owner, name)
            if document["Crawler"]["State"] != definitions.READY:
                raise errors.crawler_running(name)
            crawl_id = str(uuid.uuid4())
            crawl: Crawl = {
                "CrawlId": crawl_id,
                "State": "RUNNING",
                "StartTime": time.time(),
                "LogGroup": logs.GROUP,
                "LogStream": name,
                "MessagePrefix": crawl_id,
                "DPUHour": 0.0,
            }
            document["Crawler"]["State"] = definitions.RUNNING
            document["Crawls"] = [*document["Crawls"], crawl][-KEPT_CRAWLS:]
            document["Local"]["Process"] = None
            self._store.documents.put(owner, document)
        self._in_thread(owner, name, crawl_id, lambda: self._crawl(owner, name, crawl_id))
        return dict(crawl)

    def stop(self, owner: Owner, name: str) -> None:
        """StopCrawler. Raises EntityNotFound, CrawlerNotRunning, CrawlerStopping."""
        with self._store.documents.lock:
            document = self._store.document(owner, name)
            state = document["Crawler"]["State"]
            if state == definitions.READY:
                raise errors.crawler_not_running(name)
            if state == definitions.STOPPING:
                raise errors.crawler_stopping(name)
            document["Crawler"]["State"] = definitions.STOPPING
            self._store.documents.put(owner, document)
        self._supervised.wake(document["Crawls"][-1]["CrawlId"])

    def outcome(self, owner: Owner, name: str, crawl_id: str) -> tuple[str, Crawl] | None:
        """SUCCEEDED, FAILED or CANCELLED and the crawl; None while it goes on. One that is known no more has failed."""
        crawls = (self._store.documents.get(owner, name) or {"Crawls": []})["Crawls"]
        crawl = next((each for each in crawls if each["CrawlId"] == crawl_id), {"State": _IN_HISTORY[FAILED]})
        statuses = {shown: status for status, shown in _IN_HISTORY.items()}
        return (statuses[crawl["State"]], crawl) if crawl["State"] in statuses else None

    def adopt(self) -> None:
        """Ends what an earlier LocalStack left running."""
        for owner in self._store.documents.owners():
            for document in self._store.documents.listed(owner):
                name = document["Crawler"]["Name"]
                if document["Crawler"]["State"] != definitions.READY:
                    crawl_id = document["Crawls"][-1]["CrawlId"]
                    self._in_thread(owner, name, crawl_id, lambda o=owner, d=document: self._settle(o, d))  # type: ignore[misc]

    def shutdown(self, patience: float = 8.0) -> None:
        """Ends every crawl as FAILED, with its processes. Returns within about `patience` seconds."""
        self._supervised.shut_down(patience)

    def _in_thread(self, owner: Owner, name: str, crawl_id: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as problem:
                LOG.exception("Crawl %s of crawler %s", crawl_id, name)
                self._end(
                    owner, name, crawl_id, FAILED, f"Internal Service Exception: {type(problem).__name__}: {problem}"
                )

        if not self._supervised.begin(crawl_id, guarded):
            self._end(owner, name, crawl_id, FAILED, ENVIRONMENT_STOPPED)

    def _crawl(self, owner: Owner, name: str, crawl_id: str) -> None:
        try:
            started = self._processes.start(owner, crawl_id, self._order(owner, name, crawl_id))
        except (errors.GlueError, OSError) as problem:
            message = (
                problem.message
                if isinstance(problem, errors.GlueError)
                else f"The crawl could not be started: {problem}"
            )
            self._conclude(owner, name, crawl_id, None, (FAILED, message))
            return
        self._remember(owner, name, started)
        shipper = self._shipper(owner, name, crawl_id)
        reason = self._wait(owner, name, crawl_id, started, shipper)
        process.end_all(crawl_id, started)
        self._processes.reap(started)
        self._conclude(owner, name, crawl_id, shipper, reason or self._judged(crawl_id))

    def _order(self, owner: Owner, name: str, crawl_id: str) -> dict[str, Any]:
        """What the process is told. Raises EntityNotFound, InvalidInput."""
        document = self._store.document(owner, name)
        crawler = document["Crawler"]
        return {
            "Crawler": crawler,
            "CrawlId": crawl_id,
            "Configuration": definitions.configuration(crawler),
            "Classifiers": [self._classifier(owner, each) for each in crawler["Classifiers"]],
            "Folders": document["Local"]["Folders"],
        }

    def _classifier(self, owner: Owner, name: str) -> dict[str, Any]:
        found = self.classifier(owner, name)
        if not found:
            raise errors.classifier_missing(name)
        if not any(kind in found for kind in _UNDERSTOOD):
            raise errors.InvalidInput(
                f"Classifier {name} is a {'/'.join(found)}, which this local Glue service does not run; nothing was written. "
                "CSV and JSON classifiers are."
            )
        described = {kind: _plain(found[kind]) for kind in _UNDERSTOOD if kind in found}
        return described

    def _remember(self, owner: Owner, name: str, started: Process) -> None:
        with self._store.documents.lock:
            document = self._store.document(owner, name)
            document["Local"]["Process"] = started.to_json()
            self._store.documents.put(owner, document)

    def _wait(
        self, owner: Owner, name: str, crawl_id: str, started: Process, shipper: Shipper
    ) -> tuple[str, str] | None:
        """Until the process is over, or is to be ended: then how the crawl ends."""
        supervision = self._supervised[crawl_id]
        watch = supervision.watch = process.Watch(started)
        try:
            while not supervision.shutdown:
                if self._store.document(owner, name)["Crawler"]["State"] == definitions.STOPPING:
                    return CANCELLED, ""
                if watch.wait(SHIP_EVERY):
                    return None
                _ship(shipper)
            return FAILED, ENVIRONMENT_STOPPED
        finally:
            supervision.watch = None
            watch.close()

    def _judged(self, crawl_id: str) -> tuple[str, str]:
        status = process.exit_status(self._processes.folder(crawl_id))
        if status == 0:
            return SUCCEEDED, ""
        said = self._processes.result(crawl_id).get("Error")
        ended = "disappeared" if status is None else f"ended with status {status}"
        return FAILED, said or f"Internal Service Exception: the process of the crawl {ended} before it was done."

    def _settle(self, owner: Owner, document: Document) -> None:
        name, crawl_id = document["Crawler"]["Name"], document["Crawls"][-1]["CrawlId"]
        recorded = document["Local"]["Process"]
        found = Process.from_json(recorded) if recorded else process.find_shim(crawl_id)
        process.end_all(crawl_id, found)
        shipper = self._shipper(owner, name, crawl_id)
        shipper.resume()
        if process.exit_status(self._processes.folder(crawl_id)) == 0:
            reason = SUCCEEDED, ""
        elif document["Crawler"]["State"] == definitions.STOPPING:
            reason = CANCELLED, ""
        else:
            reason = FAILED, INTERRUPTED
        self._conclude(owner, name, crawl_id, shipper, reason)

    def _conclude(self, owner: Owner, name: str, crawl_id: str, shipper: Shipper | None, how: tuple[str, str]) -> None:
        status, message = how
        if message:
            self._processes.tell(crawl_id, line(crawl_id, "ERROR", message))
        self._processes.tell(
            crawl_id, line(crawl_id, "BENCHMARK", "Crawler has finished running and is in state READY")
        )
        _ship(shipper or self._shipper(owner, name, crawl_id), last=True)
        self._end(owner, name, crawl_id, status, message)
        self._processes.clear(crawl_id)

    def _end(self, owner: Owner, name: str, crawl_id: str, status: str, message: str) -> None:
        result = self._processes.result(crawl_id)
        with self._store.documents.lock:
            document = self._store.document(owner, name)
            crawl = next(each for each in document["Crawls"] if each["CrawlId"] == crawl_id)
            if crawl["State"] != "RUNNING":
                return
            now = time.time()
            crawl.update(
                State=_IN_HISTORY[status],
                EndTime=now,
                Summary=history.summary(result.get("Tables", {}), result.get("Partitions", {})),
                DPUHour=round(history.DPUS * (now - crawl["StartTime"]) / 3600, 3),
            )
            last = {
                "Status": status,
                **{key: crawl[key] for key in ("LogGroup", "LogStream", "MessagePrefix", "StartTime")},
            }
            if message:
                last["ErrorMessage"] = crawl["ErrorMessage"] = message[:2048]
            document["Crawler"].update(State=definitions.READY, LastCrawl=last)
            document["Local"]["Process"] = None
            if status == SUCCEEDED:
                document["Local"]["Folders"] = result.get("Folders", [])
            self._store.documents.put(owner, document)
        if not self._supervised.closing:
            self._tell(owner, name, status, crawl)

    def _tell(self, owner: Owner, name: str, status: str, crawl: Crawl) -> None:
        for listener in self.endings:
            try:
                listener(owner, name, status, crawl)
            except Exception:
                LOG.exception("What follows the end of a crawl of %s", name)

    def _shipper(self, owner: Owner, name: str, crawl_id: str) -> Shipper:
        client = logs.CrawlEvents(lambda: self._client("logs", *owner), crawl_id)
        return Shipper(client, self._processes.folder(crawl_id) / "stdout", logs.GROUP, name)


def _ship(shipper: Shipper, last: bool = False) -> None:
    try:
        shipper.ship(last)
    except Exception as problem:  # whatever the client raises: the crawl goes on
        LOG.warning("A crawl's log is not shipped: %s", problem)


def _plain(classifier: dict[str, Any]) -> dict[str, Any]:
    """Without times, which are no JSON in every store."""
    return {key: value for key, value in classifier.items() if key not in ("CreationTime", "LastUpdated")}
