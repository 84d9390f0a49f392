"""A LocalStack whose minutes last 20 s, and the few things that all tests of Spark jobs do with it."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.glue.service.conftest import BUCKET, Account
from tests.support.localstack import LocalStack

DATA = "spark-data"
A_SESSION = "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"


class SparkAccount(Account):
    """Glue, S3 and Logs, with Spark jobs."""

    def spark_job(self, script: str | bytes, version: str | None = "4.0", **definition: Any) -> str:
        name = f"spark-{uuid.uuid4().hex[:10]}"
        self.s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script.encode() if isinstance(script, str) else script)
        command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{BUCKET}/{name}.py"}
        named = {"GlueVersion": version} if version else {}
        self.glue.create_job(**{"Name": name, "Role": "role", "Command": command, **named, **definition})
        return name

    def result(
        self, script: str | bytes, version: str | None = "4.0", seconds: float = 120, **request: Any
    ) -> dict[str, Any]:
        """The run of a new job, when it has ended."""
        definition = {
            key: request.pop(key) for key in ("WorkerType", "NumberOfWorkers", "DefaultArguments") if key in request
        }
        name = self.spark_job(script, version, **definition)
        return self.ended(name, self.start(name, **request), seconds)

    def output(self, run: dict[str, Any], which: str = "output") -> str:
        """All that a run has written."""
        lines: list[str] = []
        token: dict[str, str] = {}
        while True:
            try:
                answer = self.logs.get_log_events(
                    logGroupName=f"/aws-glue/jobs/{which}", logStreamName=run["Id"], startFromHead=True, **token
                )
            except self.logs.exceptions.ResourceNotFoundException:
                return ""
            lines += [event["message"] for event in answer["events"]]
            if token.get("nextToken") == answer["nextForwardToken"]:
                return "\n".join(lines)
            token = {"nextToken": answer["nextForwardToken"]}

    def why(self, run: dict[str, Any]) -> str:
        """For a test that fails: the run, and what it said."""
        return f"{run['JobRunState']} {run.get('ErrorMessage')}\n{self.output(run)}\n{self.output(run, 'error')}"

    def put(self, key: str, content: bytes) -> str:
        self.s3.put_object(Bucket=DATA, Key=key, Body=content)
        return f"s3://{DATA}/{key}"

    def keys(self, prefix: str) -> list[str]:
        return [o["Key"] for o in self.s3.list_objects_v2(Bucket=DATA, Prefix=prefix).get("Contents", [])]


def zipped(**modules: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in modules.items():
            archive.writestr(f"{name}.py", text)
    return content.getvalue()


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkAccount]:
    with LocalStack(tmp_path_factory.mktemp("spark"), GLUE_MINUTE_SECONDS="20") as localstack:
        account = SparkAccount(localstack)
        account.s3.create_bucket(Bucket=BUCKET)
        account.s3.create_bucket(Bucket=DATA)
        yield account
        localstack.stop()
