"""The parts of the service, wired. One Engine per process; nothing here imports LocalStack."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from .api.bookmarks import BookmarksApi
from .api.classifiers import ClassifiersApi
from .api.column_statistics import ColumnStatisticsApi
from .api.connections import ConnectionsApi
from .api.crawlers import CrawlersApi
from .api.databases import DatabasesApi
from .api.functions import FunctionsApi
from .api.jobs import JobsApi
from .api.partition_indexes import PartitionIndexesApi
from .api.partitions import PartitionsApi
from .api.registries import RegistriesApi
from .api.runs import RunsApi
from .api.security import SecurityApi
from .api.tables import TablesApi
from .api.tags import Tagged, TagsApi
from .api.triggers import TriggersApi
from .api.workflows import WorkflowsApi
from .aws import AwsServices
from .bookmarks import Bookmarks
from .catalog.backend import Catalog
from .catalog.partition_indexes import PartitionIndexes
from .classifiers import ClassifierStore
from .crawlers.engine import CrawlerEngine
from .crawlers.processes import CrawlProcesses
from .crawlers.store import CrawlerStore
from .crawlers.timing import CrawlerSchedules
from .jobs import JobStore
from .runner import Runner
from .runners.spark.pool import WarmWorkers
from .runs import RunStore
from .schedules import Clock
from .settings import Settings
from .starts import Starts
from .workflows.activation import Activation
from .workflows.chains import Chains
from .workflows.definitions import WorkflowStore
from .workflows.firing import Firing
from .workflows.runs import WorkflowRuns
from .workflows.triggers import TriggerStore

INDEX_CHANGES_A_MINUTE = 6  # partition indexes that can be created or deleted, one after the other


class Engine:
    """`client(service, account, region)` gives a boto3 client; it is asked each time and should keep them."""

    def __init__(self, settings: Settings, client: Callable[[str, str, str], Any]) -> None:
        self.settings, self.client = settings, client
        self.clock = Clock(settings.minute)
        self.jobs = JobStore(settings.kept / "jobs")
        self.bookmarks = Bookmarks(settings.kept / "bookmarks")
        self.runs = RunStore(settings.runs, settings.quotas)
        self.warm_workers = WarmWorkers(self.runs, settings)
        hand_over = self.warm_workers.hand_over
        self.runner = Runner(self.runs, AwsServices(client), settings, self.bookmarks, hand_over)
        self.runner.endings.append(self.warm_workers.refill)
        self.starts = Starts(self.jobs, self.runs, self.runner)
        self.catalog = Catalog()
        self.classifiers = ClassifierStore(settings.kept / "classifiers")
        self.crawlers = CrawlerStore(settings.kept / "crawlers")
        processes = CrawlProcesses(settings.kept / "crawls", settings)
        self.crawls = CrawlerEngine(self.crawlers, processes, client, self.classifiers.get)
        self.crawler_schedules = CrawlerSchedules(self.crawlers, self.clock, self.crawls.start)
        self.triggers = TriggerStore(settings.kept / "triggers")
        self.workflows = WorkflowStore(settings.kept / "workflows")
        chains = Chains(settings.kept / "chains", self.runs)
        self.firing = Firing(self.triggers, chains, self.runs, self.runner, self.starts, crawlers=self.crawls)
        self.workflow_runs = WorkflowRuns(self.workflows, self.triggers, chains, self.firing)
        self.activation = Activation(self.triggers, self.firing, self.workflow_runs, self.clock)

    @cached_property
    def apis(self) -> list[object]:
        """Every object with handlers (see api/)."""
        tagged: dict[str, Tagged] = {
            "job": self.jobs,
            "trigger": self.triggers,
            "workflow": self.workflows,
            "crawler": self.crawlers,
        }
        return [
            JobsApi(self.jobs, self.bookmarks),
            RunsApi(self.jobs, self.runs, self.runner, self.starts),
            BookmarksApi(self.bookmarks),
            TriggersApi(self.triggers, self.activation, self.jobs, self.crawlers, self.workflows),
            WorkflowsApi(self.workflows, self.triggers, self.activation, self.workflow_runs),
            CrawlersApi(self.crawlers, self.crawls, self.crawler_schedules, self.client),
            TagsApi(tagged),
            *self._catalog_apis(),
        ]

    def _catalog_apis(self) -> list[object]:
        catalog = self.catalog
        indexes = PartitionIndexes(seconds=self.settings.minute / INDEX_CHANGES_A_MINUTE)
        return [
            DatabasesApi(catalog),
            TablesApi(catalog, indexes),
            PartitionsApi(catalog),
            PartitionIndexesApi(catalog, indexes),
            ColumnStatisticsApi(catalog),
            ConnectionsApi(catalog),
            FunctionsApi(catalog),
            ClassifiersApi(self.classifiers),
            RegistriesApi(catalog),
            SecurityApi(catalog),
        ]

    def start(self) -> None:
        """With LocalStack, when S3 and Logs answer: goes on with what an earlier one left unfinished."""
        unheard = self.firing.unheard()  # before the runner can end runs, and retry them
        self.runner.adopt()
        self.firing.catch_up(unheard)
        self.crawls.adopt()  # after that: triggers hear what became of the crawls they had started
        self.activation.restore()
        self.crawler_schedules.resume()
        self.warm_workers.start()

    def stop(self) -> None:
        """At an orderly stop of LocalStack, while the other services still answer. Takes 10 s at most."""
        self.clock.stop()
        ending = threading.Thread(target=self.crawls.shutdown, name="glue-crawls-end", daemon=True)
        ending.start()
        self.runner.shutdown()
        self.warm_workers.shutdown()
        ending.join()
