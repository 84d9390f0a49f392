"""Crawlers with a schedule that is on, started when they are due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..errors import CrawlerRunning, EntityNotFound
from ..owner import Owner
from ..schedules import Clock, parse
from .definitions import SCHEDULED, Crawler
from .store import CrawlerStore

LOG = logging.getLogger(__name__)


class CrawlerSchedules:
    def __init__(self, store: CrawlerStore, clock: Clock, start: Callable[[Owner, str], Any]) -> None:
        self._store, self._clock, self._start = store, clock, start

    def resume(self) -> None:
        """Every schedule that is on, at a start of LocalStack."""
        for owner in self._store.documents.owners():
            for crawler in self._store.listed(owner):
                self.follow(owner, crawler)

    def follow(self, owner: Owner, crawler: Crawler) -> None:
        """The clock keeps what the crawler's Schedule says."""
        schedule = crawler.get("Schedule") or {}
        key = ("crawler", owner, crawler["Name"])
        if schedule.get("State") == SCHEDULED:
            self._clock.set(key, parse(schedule["ScheduleExpression"]), lambda: self._due(owner, crawler["Name"]))
        else:
            self._clock.remove(key)

    def forget(self, owner: Owner, name: str) -> None:
        self._clock.remove(("crawler", owner, name))

    def _due(self, owner: Owner, name: str) -> None:
        try:
            self._start(owner, name)
        except CrawlerRunning:
            LOG.info("Crawler %s is due, but still runs: this time is left out", name)
        except EntityNotFound:
            self.forget(owner, name)
