"""Fixtures of what runs real Spark on a real LocalStack: `spark` is one session for each Glue version, shared by all tests."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.support.localstack import LocalStack
from tests.support.spark import VERSIONS, Spark

JOBS = Path(__file__).with_name("jobs.py")
# What Spark itself does, and not the file system alone: on each version. All else is the same jar, and tested on the first.
ON_EVERY_VERSION = ("test_formats", "test_write_modes", "test_file_system_api")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    again = [item for item in items if _is_of_a_later_version(item) and item.path.stem not in ON_EVERY_VERSION]
    if again:
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in again]


def _is_of_a_later_version(item: pytest.Item) -> bool:
    of = getattr(item, "callspec", None)
    here = item.path.parent == JOBS.parent
    return here and of is not None and of.params.get("version", VERSIONS[0]) != VERSIONS[0]


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("shared")) as instance:
        yield instance


@pytest.fixture(scope="session", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def spark(version: str, localstack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    with Spark(version, localstack.endpoint, tmp_path_factory.mktemp(f"spark-{version}"), JOBS) as session:
        yield session


@pytest.fixture
def new_spark(version: str, localstack: LocalStack, tmp_path: Path) -> Iterator[Callable[..., Spark]]:
    """`new_spark(endpoint, **settings)`: one of its own, that the test may kill."""
    made: list[Spark] = []

    def make(endpoint: str = "", **settings: Any) -> Spark:
        made.append(Spark(version, endpoint or localstack.endpoint, tmp_path / f"spark-{len(made)}", JOBS, **settings))
        return made[-1]

    yield make
    for session in made:
        session.kill()


@pytest.fixture(scope="session")
def s3(localstack: LocalStack) -> Any:
    return localstack.client("s3")


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    """A new one, emptied and deleted after the test."""
    name = f"b-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    yield name
    while found := s3.list_objects_v2(Bucket=name).get("Contents"):
        s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": one["Key"]} for one in found]})
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def keys(s3: Any, bucket: str) -> Callable[..., list[str]]:
    """`keys(prefix="")`: all keys of the bucket, in S3's order."""

    def listed(prefix: str = "") -> list[str]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    return listed
