"""The parts of the service, wired. One Engine per process; nothing here imports LocalStack."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from .api.crawlers import CrawlersApi
from .api.jobs import JobsApi
from .api.runs import RunsApi
from .api.tags import TagsApi
from .aws import AwsServices
from .crawlers.engine import CrawlerEngine
from .crawlers.processes import CrawlProcesses
from .crawlers.store import CrawlerStore
from .crawlers.timing import CrawlerSchedules
from .jobs import JobStore
from .runner import Runner
from .runs import RunStore
from .schedules import Clock
from .settings import Settings
from .starts import Starts


class Engine:
    """`client(service, account, region)` gives a boto3 client; it is asked each time and should keep them."""

    def __init__(self, settings: Settings, client: Callable[[str, str, str], Any]) -> None:
        self.settings, self.client = settings, client
        self.jobs = JobStore(settings.kept / "jobs")
        self.runs = RunStore(settings.runs)
        self.runner = Runner(self.runs, AwsServices(client), settings)
        self.starts = Starts(self.jobs, self.runs, self.runner)
        self.clock = Clock(settings.minute)
        self.crawlers = CrawlerStore(settings.kept / "crawlers")
        self.crawls = CrawlerEngine(self.crawlers, CrawlProcesses(settings.kept / "crawls", settings), client)
        self.crawler_schedules = CrawlerSchedules(self.crawlers, self.clock, self.crawls.start)

    @cached_property
    def apis(self) -> list[object]:
        """Every object with handlers (see api/)."""
        return [
            JobsApi(self.jobs),
            RunsApi(self.jobs, self.runs, self.runner, self.starts),
            CrawlersApi(self.crawlers, self.crawls, self.crawler_schedules, self.client),
            TagsApi({"job": self.jobs, "crawler": self.crawlers}),
        ]

    def start(self) -> None:
        """With LocalStack, when S3 and Logs answer: goes on with what an earlier one left unfinished."""
        self.runner.adopt()
        self.crawls.adopt()
        self.crawler_schedules.resume()

    def stop(self) -> None:
        """At an orderly stop of LocalStack, while the other services still answer. Takes 10 s at most."""
        self.clock.stop()
        ending = threading.Thread(target=self.crawls.shutdown, name="glue-crawls-end", daemon=True)
        ending.start()
        self.runner.shutdown()
        ending.join()
