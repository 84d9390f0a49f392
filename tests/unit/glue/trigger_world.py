"""A whole engine over a folder, for the tests of triggers: real jobs, AWS's side is two small objects.

python trigger_world.py <folder> <number>    starts the workflow "w" and waits for its end; at the write of that number
                                             the process kills itself with SIGKILL. 0: takes over what is there, and
                                             waits until all is over
"""

from __future__ import annotations

import io
import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "src/localstack_glue")]

from localstack_glue.service import files  # noqa: E402 - needs the path above
from localstack_glue.service.api import handlers  # noqa: E402
from localstack_glue.service.engine import Engine  # noqa: E402
from localstack_glue.service.owner import Owner  # noqa: E402
from localstack_glue.service.settings import Settings  # noqa: E402
from tests.support.polling import wait_until  # noqa: E402

OWNER = Owner("000000000000", "us-east-1")


class Aws:
    """S3, in which the text of a script is its own key; Logs, to which nothing is written, as the scripts print nothing."""

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(Key.encode())}

    def get_log_events(self, **_: Any) -> dict[str, Any]:
        return {"events": [], "nextForwardToken": ""}


class World:
    def __init__(self, folder: Path) -> None:
        (folder / "aws").mkdir(exist_ok=True)
        (folder / "aws/endpoints.json").write_text("{}")
        # The interpreter behind the venv's link, so that jobs start as quickly as they can.
        settings = Settings(
            folder / "runs", "http://127.0.0.1:9", os.path.realpath(sys.executable), str(folder / "aws")
        )
        self.engine = Engine(settings, lambda *_: Aws())
        self._handlers = dict(itertools.chain.from_iterable(handlers(api) for api in self.engine.apis))

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self._handlers[operation](OWNER, request)

    def job(self, name: str, script: str = "pass", **definition: Any) -> None:
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://scripts/{script}"}
        self.call("CreateJob", Name=name, Role="role", Command=command, **definition)

    def trigger(self, name: str, *start: str, watch: list[dict[str, str]] | None = None, **definition: Any) -> None:
        """`start` are jobs."""
        actions = [{"JobName": each} for each in start]
        if watch:
            conditions = [{"LogicalOperator": "EQUALS", **condition} for condition in watch]
            more = {"Predicate": {"Conditions": conditions, "Logical": "AND"}, "StartOnCreation": True}
            definition = {**more, **definition}
        kind = "CONDITIONAL" if watch else "ON_DEMAND"
        self.call("CreateTrigger", **{"Name": name, "Type": kind, "Actions": actions, **definition})

    def runs(self, job: str) -> list[dict[str, Any]]:
        return self.call("GetJobRuns", JobName=job)["JobRuns"]  # type: ignore[no-any-return]

    def workflow_runs(self) -> list[dict[str, Any]]:
        return self.call("GetWorkflowRuns", Name="w")["Runs"]  # type: ignore[no-any-return]

    def over(self) -> bool:
        """Whether nothing is going on any more."""
        chained = [run for run in self.engine.runs.all() if run.local.get("Chain")]
        heard = all(run.local.get("Heard") or run.local.get("RetriedAs") for run in chained)
        workflows = self.call("ListWorkflows")["Workflows"]
        return heard and not (workflows and any(run["Status"] == "RUNNING" for run in self.workflow_runs()))

    def wait_until_over(self) -> None:
        wait_until(self.over, 60, "all is over")


def prepare(folder: Path) -> None:
    """The workflow w: a and b; when both have succeeded, c (which fails twice) and d; when c has failed, e."""
    world = World(folder)
    for name in "abde":
        world.job(name)
    world.job("c", "import os; os._exit(1)", MaxRetries=1)
    world.call("CreateWorkflow", Name="w")
    world.trigger("start", "a", "b", WorkflowName="w")
    both = [{"JobName": "a", "State": "SUCCEEDED"}, {"JobName": "b", "State": "SUCCEEDED"}]
    world.trigger("both", "c", "d", watch=both, WorkflowName="w")
    world.trigger("failed", "e", watch=[{"JobName": "c", "State": "FAILED"}], WorkflowName="w")


def _kill_at(number: int) -> None:
    write, count = files.write_json, itertools.count(1)

    def counted(path: Path, content: Any) -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)  # no other thread gets further either
        write(path, content)

    files.write_json = counted


def main(folder: Path, number: int) -> None:
    world = World(folder)
    world.engine.start()
    if number:
        _kill_at(number)
        world.call("StartWorkflowRun", Name="w")
    world.wait_until_over()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
