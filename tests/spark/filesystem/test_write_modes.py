"""Every write mode leaves what it leaves on the local disk, and nothing of the way there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.faulty_proxy import FaultyProxy
from tests.support.localstack import LocalStack
from tests.support.spark import Spark, SparkError

Keys = Callable[..., list[str]]


@pytest.mark.parametrize("mode", ["append", "overwrite", "ignore", "errorifexists"])
def test_equal_to_the_local_disk(mode: str, spark: Spark, bucket: str, keys: Keys, tmp_path: Path) -> None:
    """Each mode on a new path, and on one that has data."""
    outcomes = []
    for root in (f"file://{tmp_path}", f"s3://{bucket}"):
        found = []
        for first in (0, 100):
            try:
                spark.call("write_numbers", path=f"{root}/out", mode=mode, first=first)
            except SparkError as error:
                assert "already exists" in str(error)
                found.append("refused")
            found.append(spark.call("ids", path=f"{root}/out"))
        outcomes.append(found)
    assert outcomes[0] == outcomes[1]
    ten = list(range(10))
    second = {
        "append": [ten + list(range(100, 110))],
        "overwrite": [list(range(100, 110))],
        "ignore": [ten],
        "errorifexists": ["refused", ten],
    }
    assert outcomes[1] == [ten, *second[mode]]
    assert not [key for key in keys() if "_temporary" in key or ".spark-staging" in key or key.endswith("/")]


def test_dynamic_partition_overwrite(spark: Spark, bucket: str, keys: Keys, tmp_path: Path) -> None:
    """Only partitions that are written are replaced."""
    outcomes = []
    for root in (f"file://{tmp_path}", f"s3://{bucket}"):
        path = f"{root}/out"
        spark.call("write_numbers", path=path, mode="overwrite", count=9)
        spark.call("write_numbers", path=path, mode="overwrite", first=100, count=5, kind="id % 2", dynamic=True)
        spark.call("write_numbers", path=path, mode="overwrite", first=200, count=2, kind="7", dynamic=True)
        outcomes.append(spark.call("ids", path=path))
    assert outcomes[1] == outcomes[0] == [2, 5, 8, 100, 101, 102, 103, 104, 200, 201]
    assert not [key for key in keys() if ".spark-staging" in key or "_temporary" in key]
    assert any(key.startswith("out/kind=7/part-") for key in keys())


def test_dynamic_partition_overwrite_of_a_new_path(spark: Spark, bucket: str, keys: Keys) -> None:
    spark.call("write_numbers", path=f"s3://{bucket}/new", mode="overwrite", dynamic=True)
    assert spark.call("ids", path=f"s3://{bucket}/new") == list(range(10))
    assert not [key for key in keys() if ".spark-staging" in key]


def test_two_levels_of_partitions(spark: Spark, bucket: str, keys: Keys) -> None:
    path = f"s3://{bucket}/out"
    spark.call("write_numbers", path=path, mode="append", partitions=["kind", "text"])
    spark.call("write_numbers", path=path, mode="append", first=10, partitions=["kind", "text"])
    assert spark.call("ids", path=path) == list(range(20))
    assert {key.split("/")[1] for key in keys("out/kind=")} == {"kind=0", "kind=1", "kind=2"}


def test_static_overwrite_deletes_first(
    new_spark: Callable[..., Spark], localstack: LocalStack, bucket: str, keys: Keys
) -> None:
    """As on AWS: what was there is gone before the new data is."""
    with FaultyProxy(localstack.endpoint) as proxy:
        spark = new_spark(proxy.endpoint)
        path = f"s3://{bucket}/out"
        spark.call("write_numbers", path=path, mode="overwrite")
        before = len(proxy.calls)
        spark.call("write_numbers", path=path, mode="overwrite", first=100)
        writes = [call for call in proxy.calls[before:] if call.method != "GET"]
        assert "delete" in writes[0].path and writes[0].method == "POST"
        assert all(call.method == "PUT" for call in writes[1:])
        assert len(keys("out/kind=")) == 6

        before = len(proxy.calls)
        with pytest.raises(SparkError, match="the task fails here"):
            spark.call("write_and_fail", path=path, mode="overwrite")
        assert keys() == [], "and it is gone as well if the job fails then"
        batches = [call for call in proxy.calls if "delete" in call.path]
        assert batches and all("content-md5" in {name.lower() for name in call.headers} for call in batches)
        assert not [call for call in proxy.calls if "_temporary" in call.path], "what is uncommitted is not S3's"
        assert not [call for call in proxy.calls if "x-amz-copy-source" in {n.lower() for n in call.headers}]


def test_writing_again_what_another_program_deleted(spark: Spark, s3: Any, bucket: str, keys: Keys) -> None:
    """Nothing that this process remembers of a path makes it "exist"."""
    path = f"s3://{bucket}/again"
    for _ in range(2):
        spark.call("write_numbers", path=path, mode="errorifexists")
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys("again/")]})
