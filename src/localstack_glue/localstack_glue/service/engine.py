"""The parts of the service, wired. One Engine per process; nothing here imports LocalStack."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from .api.bookmarks import BookmarksApi
from .api.jobs import JobsApi
from .api.runs import RunsApi
from .api.tags import TagsApi
from .aws import AwsServices
from .bookmarks import Bookmarks
from .jobs import JobStore
from .runner import Runner
from .runs import RunStore
from .settings import Settings
from .starts import Starts


class Engine:
    """`client(service, account, region)` gives a boto3 client; it is asked each time and should keep them."""

    def __init__(self, settings: Settings, client: Callable[[str, str, str], Any]) -> None:
        self.settings, self.client = settings, client
        self.jobs = JobStore(settings.kept / "jobs")
        self.bookmarks = Bookmarks(settings.kept / "bookmarks")
        self.runs = RunStore(settings.runs, settings.quotas)
        self.runner = Runner(self.runs, AwsServices(client), settings, self.bookmarks)
        self.starts = Starts(self.jobs, self.runs, self.runner)

    @cached_property
    def apis(self) -> list[object]:
        """Every object with handlers (see api/)."""
        return [
            JobsApi(self.jobs, self.bookmarks),
            RunsApi(self.jobs, self.runs, self.runner, self.starts),
            BookmarksApi(self.bookmarks),
            TagsApi({"job": self.jobs}),
        ]

    def start(self) -> None:
        """With LocalStack, when S3 and Logs answer: goes on with what an earlier one left unfinished."""
        self.runner.adopt()

    def stop(self) -> None:
        """At an orderly stop of LocalStack, while the other services still answer. Takes 10 s at most."""
        self.runner.shutdown()
