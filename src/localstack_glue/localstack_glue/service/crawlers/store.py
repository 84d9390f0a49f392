"""Crawlers of all accounts and regions, on disk.

A document of documents.py each:

    Crawler   the definition and state, in AWS's shape       Crawls   the newest crawls, oldest first (see history.py)
    Tags                                                     Local    Process, Folders that were crawled: ours alone
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import errors
from ..documents import Document, Documents
from ..owner import Owner
from . import definitions
from .definitions import Crawler

KEPT_CRAWLS = 100


class CrawlerStore:
    def __init__(self, folder: Path) -> None:
        self.documents = Documents(folder, lambda document: str(document["Crawler"]["Name"]))

    def create(self, owner: Owner, request: Mapping[str, Any]) -> Crawler:
        """CreateCrawler. Raises AlreadyExists, InvalidInput."""
        crawler = definitions.created(request)
        with self.documents.lock:
            if self.documents.get(owner, crawler["Name"]):
                raise errors.crawler_exists(crawler["Name"])
            tags = dict(request.get("Tags") or {})
            local: dict[str, Any] = {"Process": None, "Folders": []}
            self.documents.put(owner, {"Crawler": crawler, "Tags": tags, "Crawls": [], "Local": local})
        return crawler

    def update(self, owner: Owner, name: str, change: Mapping[str, Any]) -> Crawler:
        """UpdateCrawler. Raises EntityNotFound, InvalidInput (also while it runs)."""
        with self.documents.lock:
            document = self.document(owner, name)
            if document["Crawler"]["State"] != definitions.READY:
                raise errors.update_of_running_crawler()
            document["Crawler"] = definitions.updated(document["Crawler"], change)
            self.documents.put(owner, document)
            return dict(document["Crawler"])

    def set_schedule(self, owner: Owner, name: str, expression: str) -> Crawler:
        """UpdateCrawlerSchedule. Raises EntityNotFound, InvalidInput."""
        with self.documents.lock:
            document = self.document(owner, name)
            crawler = definitions.scheduled(document["Crawler"], expression)
            document["Crawler"] = {**crawler, "LastUpdated": time.time(), "Version": crawler["Version"] + 1}
            self.documents.put(owner, document)
            return dict(document["Crawler"])

    def switch_schedule(self, owner: Owner, name: str, state: str) -> Crawler:
        """Start- and StopCrawlerSchedule. Raises EntityNotFound, NoSchedule, SchedulerRunning, SchedulerNotRunning."""
        with self.documents.lock:
            document = self.document(owner, name)
            schedule = document["Crawler"].get("Schedule")
            if not schedule:
                raise errors.no_schedule(name) if state == definitions.SCHEDULED else errors.scheduler_not_running(name)
            if schedule["State"] == state:
                raise (
                    errors.scheduler_running(name)
                    if state == definitions.SCHEDULED
                    else errors.scheduler_not_running(name)
                )
            schedule["State"] = state
            self.documents.put(owner, document)
            return dict(document["Crawler"])

    def get(self, owner: Owner, name: str) -> Crawler:
        """As GetCrawler shows it. Raises EntityNotFound."""
        document = self.documents.get(owner, name)
        if document is None:
            raise errors.crawler_entry_not_found(name)
        return shown(document)

    def listed(self, owner: Owner, tags: Mapping[str, str] | None = None) -> list[Crawler]:
        """As GetCrawlers shows them, sorted by name; only those that carry all of `tags`."""
        wanted = (tags or {}).items()
        return [shown(each) for each in self.documents.listed(owner) if wanted <= each["Tags"].items()]

    def delete(self, owner: Owner, name: str) -> None:
        """DeleteCrawler. Raises EntityNotFound, CrawlerRunning."""
        with self.documents.lock:
            document = self.documents.get(owner, name)
            if document is None:
                raise errors.crawler_entry_not_found(name)
            if document["Crawler"]["State"] != definitions.READY:
                raise errors.delete_of_running_crawler(name)
            self.documents.delete(owner, name)

    def document(self, owner: Owner, name: str) -> Document:
        """A copy of the whole document. Raises EntityNotFound."""
        document = self.documents.get(owner, name)
        if document is None:
            raise errors.crawler_not_found(name)
        return document

    def tags(self, owner: Owner, name: str) -> dict[str, str]:
        """Raises EntityNotFound."""
        return dict(self.document(owner, name)["Tags"])

    def set_tags(self, owner: Owner, name: str, tags: Mapping[str, str]) -> None:
        with self.documents.lock:
            self.documents.put(owner, {**self.document(owner, name), "Tags": dict(tags)})


def shown(document: Document) -> Crawler:
    """CrawlElapsedTime (milliseconds) counts while a crawl runs."""
    crawler = dict(document["Crawler"])
    if crawler["State"] != definitions.READY and document["Crawls"]:
        crawler["CrawlElapsedTime"] = max(0, int((time.time() - document["Crawls"][-1]["StartTime"]) * 1000))
    return crawler
