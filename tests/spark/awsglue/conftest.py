"""A LocalStack, and a Spark session of each version, for the whole folder. What is not installed fails every test."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.spark.awsglue.driver import Spark
from tests.support.localstack import CLIENT_ENVIRONMENT, ROOT, LocalStack
from tests.support.spark import OPENED, file_system_jar, python

LIBS = ROOT / "src/glue_spark/job_libs"
_sessions: dict[str, Spark] = {}


@pytest.fixture(scope="session")
def localstack(tmp_path_factory):
    with LocalStack(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture(scope="session")
def sessions(localstack):
    """The Spark session of a version, started when it is first asked for."""
    jar = file_system_jar()

    def session(version: str) -> Spark:
        if version not in _sessions:
            # One that does not start fails every test, and is not tried again.
            _sessions[version] = Spark(python(version), _environment(version, localstack, jar))
            _sessions[version].__enter__()
        return _sessions[version]

    yield session
    while _sessions:
        _sessions.popitem()[1].__exit__()


def _environment(version: str, localstack: LocalStack, jar: Path) -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "SPARK", "PYSPARK"))
    }
    java = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # short runs
    if version == "3.0":
        java += [f"--add-opens={name}=ALL-UNNAMED" for name in OPENED] + ["-Dio.netty.tryReflectionSetAccessible=true"]
    words = ["--driver-class-path", str(jar), "--driver-java-options", f"'{' '.join(java)}'"]
    words += ["--driver-memory", "1g", "pyspark-shell"]
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(localstack.state / f"warehouse-{version}"),
        **_s3_settings(localstack, version),
    }
    return {
        **kept,
        **CLIENT_ENVIRONMENT,
        "AWS_ENDPOINT_URL": localstack.endpoint,
        "PYTHONPATH": str(LIBS),
        "PYSPARK_PYTHON": str(python(version)),
        "PYSPARK_SUBMIT_ARGS": " ".join(words),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SETTINGS": json.dumps(settings),
    }


def _s3_settings(localstack: LocalStack, version: str) -> dict[str, str]:
    scratch = localstack.state / f"scratch-{version}"
    scratch.mkdir()
    schemes = ("s3", "s3a", "s3n")
    return {
        **{f"spark.hadoop.fs.{one}.impl": "mwaalocal.s3.S3FileSystem" for one in schemes},
        **{f"spark.hadoop.fs.AbstractFileSystem.{one}.impl": "mwaalocal.s3.S3" for one in schemes},
        "spark.hadoop.fs.s3a.endpoint": localstack.endpoint,
        "spark.hadoop.fs.s3a.access.key": "test",
        "spark.hadoop.fs.s3a.secret.key": "test",
        "spark.hadoop.fs.s3a.endpoint.region": CLIENT_ENVIRONMENT["AWS_DEFAULT_REGION"],
        "spark.hadoop.mwaalocal.s3.scratch": str(scratch),
    }
