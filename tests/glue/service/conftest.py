"""A LocalStack whose minutes last a second, and the few things that all tests of Glue's API do with it."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.localstack import ROOT, VENVS, LocalStack
from tests.support.polling import wait_until

TERMINAL = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}
JOB_PYTHON = VENVS / "glue-pythonshell-3.9/bin/python"
BUCKET = "scripts"
FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(600)\n"


class Account:
    """Glue, S3 and Logs of one LocalStack, as one account in one region sees them."""

    def __init__(self, localstack: LocalStack, **options: Any) -> None:
        self.localstack = localstack
        self.glue, self.s3, self.logs = (localstack.client(name, **options) for name in ("glue", "s3", "logs"))

    def job(self, script: str | None, **definition: Any) -> str:
        """The name of a new Python shell job. Its script is missing in S3 if it is None."""
        name = f"job-{uuid.uuid4().hex[:10]}"
        if script is not None:
            self.s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode())
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{BUCKET}/{name}.py"}
        self.glue.create_job(**{"Name": name, "Role": "role", "Command": command, **definition})
        return name

    def start(self, name: str, **request: Any) -> str:
        return str(self.glue.start_job_run(JobName=name, **request)["JobRunId"])

    def run(self, name: str, run_id: str) -> dict[str, Any]:
        return dict(self.glue.get_job_run(JobName=name, RunId=run_id)["JobRun"])

    def ended(self, name: str, run_id: str, seconds: float = 30) -> dict[str, Any]:
        """The run, when it has ended."""

        def found() -> dict[str, Any] | None:
            run = self.run(name, run_id)
            return run if run["JobRunState"] in TERMINAL else None

        return wait_until(found, seconds, f"run {run_id} ends")  # type: ignore[return-value]

    def up(self, name: str, run_id: str) -> None:
        """Return when a FOREVER job runs and its first line is shipped."""
        wait_until(lambda: self.lines(run_id) == ["up"], 15, f"run {run_id} is up")
        assert self.run(name, run_id)["JobRunState"] == "RUNNING"

    def lines(self, run_id: str, which: str = "output") -> list[str]:
        try:
            events = self.logs.get_log_events(
                logGroupName=f"/aws-glue/python-jobs/{which}", logStreamName=run_id, startFromHead=True
            )
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events["events"]]

    def settle(self) -> None:
        """Return when all that has come to S3 would survive a SIGKILL: its state is saved a second or two after a change."""
        mark = uuid.uuid4().hex
        self.s3.put_object(Bucket=BUCKET, Key=mark, Body=b"")
        snapshot = self.localstack.home / "state/s3.snapshot"
        wait_until(lambda: snapshot.exists() and mark.encode() in snapshot.read_bytes(), 30, "S3 is saved")

    def folder(self, run_id: str) -> Path:
        return self.localstack.state / "glue/runs" / run_id


def processes(run_id: str) -> set[int]:
    """The living processes that carry the mark of a run, found independently of the service."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and f"GLUE_JOB_RUN_ID={run_id}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def prepared(localstack: LocalStack) -> LocalStack:
    """`localstack`, not started, with what the bootstrap makes for jobs: the redirection of their boto3."""
    subprocess.run(
        [JOB_PYTHON, "-m", "aws_local.endpoints", "--endpoint", localstack.endpoint, "--out"]
        + [localstack.state / "aws/glue-pythonshell-3.9"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src/aws_local")},
        check=True,
        capture_output=True,
    )
    return localstack


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The account of all tests that only call."""
    with prepared(LocalStack(tmp_path_factory.mktemp("glue"), GLUE_MINUTE_SECONDS="1")) as localstack:
        account = Account(localstack)
        account.s3.create_bucket(Bucket=BUCKET)
        yield account
        localstack.stop()


@pytest.fixture(scope="module")
def own_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account in a LocalStack of its own, which may be killed. Its jobs do not outlive the tests."""
    with prepared(LocalStack(tmp_path_factory.mktemp("own"))) as localstack:
        account = Account(localstack)
        account.s3.create_bucket(Bucket=BUCKET)
        yield account
    for folder in (localstack.state / "glue/runs").glob("jr_*"):
        for pid in processes(folder.name):
            os.kill(pid, signal.SIGKILL)
