"""Keys that need care: they are the same to Spark, to boto3, and in a listing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.spark import Spark

ODD = [
    *("two words", "a+b", "a=b", "100%", "50%20", "한국어", "ümlaut", "a..b"),
    *("a&b<c>'\"", "q?x#y", "semi;colon,comma", "@!$~()*"),
]


@pytest.mark.parametrize("made_by", ["boto3", "spark"])
def test_odd_keys(made_by: str, spark: Spark, s3: Any, bucket: str, keys: Callable[..., list[str]]) -> None:
    for name in ODD:
        if made_by == "boto3":
            s3.put_object(Bucket=bucket, Key=f"in/{name}/{name}.txt", Body=name.encode())
        else:
            spark.call("create", url=f"s3://{bucket}/in/{name}/{name}.txt", text=name)
    assert sorted(keys()) == sorted(f"in/{name}/{name}.txt" for name in ODD)
    assert spark.call("listing", url=f"s3://{bucket}/in") == sorted(f"s3://{bucket}/in/{name}/" for name in ODD)
    for name in ODD:
        url = f"s3://{bucket}/in/{name}/{name}.txt"
        assert spark.call("text_of", url=url) == name
        assert spark.call("status", url=url)["length"] == len(name.encode())
    assert spark.call("rename", source=f"s3://{bucket}/in", target=f"s3://{bucket}/moved ü+")
    assert sorted(keys()) == sorted(f"moved ü+/{name}/{name}.txt" for name in ODD)
    assert spark.call("delete", url=f"s3://{bucket}/moved ü+", recursive=True)
    assert keys() == []


def test_odd_partition_values(spark: Spark, bucket: str, keys: Callable[..., list[str]]) -> None:
    values = [value for value in ODD if value != "50%20"] + ["12:30:00", "a/b", "50%2F"]
    found = spark.call("copy_of_kinds", path=f"s3://{bucket}/odd parts+", kinds=values)
    assert found == sorted([n, value] for n, value in enumerate(values))
    assert any("/kind=한국어/" in key for key in keys())
    assert any("/kind=12%3A30%3A00/" in key for key in keys()), "Spark's own way to write a colon"


def test_control_characters(spark: Spark, s3: Any, bucket: str, keys: Callable[..., list[str]]) -> None:
    """What XML cannot hold: a listing has them all the same, and a file of such a name can be moved."""
    url = f"s3://{bucket}/in/tab\there"
    s3.put_object(Bucket=bucket, Key="in/tab\there", Body=b"t")
    assert spark.call("listing", url=f"s3://{bucket}/in") == [url]
    assert spark.call("text_of", url=url) == "t"
    assert spark.call("delete", url=url)
    assert keys() == []


def test_keys_that_no_path_can_name(spark: Spark, s3: Any, bucket: str) -> None:
    """S3 allows empty and dotted components. They are passed over, and do not lead a reader in circles."""
    for key in ("in/a.json", "in//b.json", "in/../c.json", "in/./d.json"):
        s3.put_object(Bucket=bucket, Key=key, Body=b'{"id": 1}')
    assert spark.call("files_below", url=f"s3://{bucket}/in") == [f"s3://{bucket}/in/a.json"]


def test_siblings_that_sort_before_the_folder(spark: Spark, s3: Any, bucket: str) -> None:
    """`k-1`, `k.x` come before `k/` in a listing."""
    for key in ("k-1", "k-2", "k.x", "k/in", "m", "m/in"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert spark.call("status", url=f"s3://{bucket}/k")["folder"]
    assert not spark.call("status", url=f"s3://{bucket}/m")["folder"], "a file hides the folder of its name"
    assert not spark.call("exists", url=f"s3://{bucket}/k-")
