"""What jobs leave behind: in S3, in the Data Catalog, in a database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.spark.runtime.conftest import SparkAccount, aws
from tests.support.postgres import Postgres
from tests.support.spark import VERSIONS

__all__ = ["VERSIONS", "aws"]
ONE_VERSION = ("4.0",)  # for what tests/spark/awsglue and filesystem have tested on each, in parts
# What all scripts of AWS begin with.
GLUE_JOB = """
import json, sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
job = Job(glue)
job.init(args["JOB_NAME"], args)
"""


def succeeded(aws: SparkAccount, run: dict[str, Any]) -> list[Any]:
    """What a run that succeeded has printed: a JSON document in each line."""
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    return [json.loads(line) for line in aws.output(run).splitlines()]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def connection(aws: SparkAccount, postgres: Postgres) -> str:
    """The name of a JDBC connection of the Data Catalog."""
    name = f"connection-{uuid.uuid4().hex[:8]}"
    properties = {
        "JDBC_CONNECTION_URL": postgres.url, "USERNAME": postgres.user, "PASSWORD": postgres.password,
    }  # fmt: skip
    aws.glue.create_connection(
        ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": properties}
    )
    return name


@pytest.fixture
def database(aws: SparkAccount) -> Iterator[str]:
    """A new one in the Data Catalog."""
    name = f"db_{uuid.uuid4().hex[:8]}"
    aws.glue.create_database(DatabaseInput={"Name": name})
    yield name
    aws.glue.delete_database(Name=name)
