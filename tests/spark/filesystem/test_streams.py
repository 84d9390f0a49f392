"""Streaming queries keep their checkpoints in S3 and go on from them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.spark import Spark


def put_lines(s3: Any, bucket: str, key: str, ids: range) -> None:
    lines = "".join(f'{{"id": {n}, "text": "t{n % 2}"}}\n' for n in ids)
    s3.put_object(Bucket=bucket, Key=key, Body=lines.encode())


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_only_what_is_new_is_read(scheme: str, spark: Spark, s3: Any, bucket: str) -> None:
    paths = {name: f"{scheme}://{bucket}/{name}" for name in ("source", "target", "checkpoint")}
    for n in range(2):
        put_lines(s3, bucket, f"source/{n}.json", range(n * 10, n * 10 + 10))
        assert spark.call("stream", **paths) == list(range(n * 10 + 10)), "each row once"
    found = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix="checkpoint/")["Contents"]]
    assert {"checkpoint/commits/0", "checkpoint/commits/1", "checkpoint/offsets/1"} <= set(found)
    assert not [key for key in found if key.endswith(".tmp")]


def test_state(spark: Spark, s3: Any, bucket: str) -> None:
    paths = {name: f"s3://{bucket}/{name}" for name in ("source", "target", "checkpoint")}
    for n in range(2):
        put_lines(s3, bucket, f"source/{n}.json", range(10))
        found = spark.call("stateful_stream", **paths)
        assert found == [["t0", 5 * (n + 1)], ["t1", 5 * (n + 1)]]
