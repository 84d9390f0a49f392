"""The inner modules of the Glue service, on the standard library alone: no LocalStack, no AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "src/localstack_glue")]

from localstack_glue.service import jobs  # noqa: E402
from localstack_glue.service.bookmarks import Bookmarks  # noqa: E402 - needs the path above
from localstack_glue.service.logs import Event  # noqa: E402
from localstack_glue.service.owner import Owner  # noqa: E402
from localstack_glue.service.quotas import Quotas  # noqa: E402
from localstack_glue.service.runner import Runner  # noqa: E402
from localstack_glue.service.runners import CannotStart  # noqa: E402
from localstack_glue.service.runs import Run, RunStore  # noqa: E402
from localstack_glue.service.settings import Settings  # noqa: E402

OWNER = Owner("000000000000", "us-east-1")


class Streams:
    """A log service that keeps events in a dict, and is away while `away` is set."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], list[Event]] = {}
        self.away = False

    def put(self, group: str, stream: str, events: list[Event], when: int) -> None:
        if self.away:
            raise ConnectionError("away")
        self.events.setdefault((group, stream), []).extend(events)

    def count(self, group: str, stream: str) -> int:
        return len(self.events.get((group, stream), []))


class Services:
    """Scripts by their location, and Streams."""

    def __init__(self) -> None:
        self.scripts: dict[str, str] = {}
        self.streams = Streams()

    def fetch(self, account: str, region: str, uri: str) -> bytes:
        if uri not in self.scripts:
            raise CannotStart(f"{uri} is missing")
        return self.scripts[uri].encode()

    def logs(self, account: str, region: str) -> Streams:
        return self.streams

    def objects(self, account: str, region: str) -> None:
        """Event logs, which the jobs of these tests do not have."""


class Glue:
    """A run store and a runner over one folder. `restart` makes new ones over it, as a new LocalStack would."""

    def __init__(self, folder: Path, minute: float = 60.0, quotas: Quotas = Quotas()) -> None:  # noqa: B008
        table = folder / "aws"
        table.mkdir(exist_ok=True)
        (table / "endpoints.json").write_text("{}")
        # The interpreter behind the venv's link, so that jobs start as quickly as they can.
        python = os.path.realpath(sys.executable)
        self.settings = Settings(
            folder / "runs", "http://127.0.0.1:9", python, str(table), minute=minute, quotas=quotas
        )
        self.services = Services()
        self.restart()

    def restart(self) -> None:
        self.store = RunStore(self.settings.runs, self.settings.quotas)
        self.bookmarks = Bookmarks(self.settings.kept / "bookmarks")
        self.runner = Runner(self.store, self.services, self.settings, self.bookmarks)

    def new(
        self,
        script: str,
        max_retries: int = 0,
        concurrent: int = 1,
        definition: dict[str, Any] | None = None,
        **command: str,
    ) -> Run:
        request = {
            "Command": {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://b/s.py", **command},
            "MaxRetries": max_retries,
            "ExecutionProperty": {"MaxConcurrentRuns": concurrent},
            **(definition or {}),
        }
        job = jobs.definition("job", {"Role": "role", **request}, created=None)
        self.services.scripts["s3://b/s.py"] = script
        return self.store.create(OWNER, job, {}, {"--key": "value", **job.get("DefaultArguments", {})})

    def start(self, script: str, **job: object) -> Run:
        run = self.new(script, **job)  # type: ignore[arg-type]
        self.runner.submit(run)
        return run

    def output(self, run: Run, which: str = "output") -> list[str]:
        return self.services.streams.events.get((f"/aws-glue/python-jobs/{which}", run.id), [])


@pytest.fixture
def glue(tmp_path: Path) -> Iterator[Glue]:
    """A Glue over an own folder. No process of its runs outlives the test."""
    made = Glue(tmp_path)
    yield made
    made.runner.shutdown()
