"""The parts of the service, wired. One Engine per process; nothing here imports LocalStack."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from .activation import Activation
from .api.jobs import JobsApi
from .api.runs import RunsApi
from .api.tags import TagsApi
from .api.triggers import TriggersApi
from .api.workflows import WorkflowsApi
from .aws import AwsServices
from .chains import Chains
from .firing import Crawlers, Firing
from .jobs import JobStore
from .runner import Runner
from .runs import RunStore
from .schedules import Clock
from .settings import Settings
from .starts import Starts
from .triggers import TriggerStore
from .workflow_runs import WorkflowRuns
from .workflows import WorkflowStore


class Engine:
    """`client(service, account, region)` gives a boto3 client; it is asked each time and should keep them."""

    def __init__(
        self, settings: Settings, client: Callable[[str, str, str], Any], crawlers: Crawlers | None = None
    ) -> None:
        self.settings, self.client = settings, client
        self.jobs = JobStore(settings.kept / "jobs")
        self.runs = RunStore(settings.runs)
        self.runner = Runner(self.runs, AwsServices(client), settings)
        self.starts = Starts(self.jobs, self.runs, self.runner)
        self.clock = Clock(settings.minute)
        self.triggers = TriggerStore(settings.kept / "triggers")
        self.workflows = WorkflowStore(settings.kept / "workflows")
        chains = Chains(settings.kept / "chains", self.runs)
        self.firing = Firing(self.triggers, chains, self.runs, self.runner, self.starts, crawlers=crawlers)
        self.workflow_runs = WorkflowRuns(self.workflows, self.triggers, chains, self.firing)
        self.activation = Activation(self.triggers, self.firing, self.workflow_runs, self.clock)

    @cached_property
    def apis(self) -> list[object]:
        """Every object with handlers (see api/)."""
        return [
            JobsApi(self.jobs),
            RunsApi(self.jobs, self.runs, self.runner, self.starts),
            TriggersApi(self.triggers, self.activation, self.jobs, self.workflows),
            WorkflowsApi(self.workflows, self.triggers, self.activation, self.workflow_runs),
            TagsApi({"job": self.jobs, "trigger": self.triggers, "workflow": self.workflows}),
        ]

    def start(self) -> None:
        """With LocalStack, when S3 and Logs answer: goes on with what an earlier one left unfinished."""
        unheard = self.firing.unheard()  # before the runner can end runs, and retry them
        self.runner.adopt()
        self.firing.catch_up(unheard)
        self.activation.restore()

    def stop(self) -> None:
        """At an orderly stop of LocalStack, while the other services still answer. Takes 10 s at most."""
        self.clock.stop()
        self.runner.shutdown()
