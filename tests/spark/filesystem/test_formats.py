"""What is written to S3 is, byte by byte, what plain PySpark writes to the local disk, and reads the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.spark import Spark

FORMATS = {
    "csv": ("csv", {"header": "true", "quoteAll": "true"}),
    "csv.gz": ("csv", {"header": "true", "compression": "gzip"}),
    "json": ("json", {}),
    "json.gz": ("json", {"compression": "gzip"}),
    "parquet": ("parquet", {}),
    "parquet.gz": ("parquet", {"compression": "gzip"}),
    "orc": ("orc", {}),
    "text": ("text", {}),
    "text.gz": ("text", {"compression": "gzip"}),
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Contents = list[tuple[str, str]]


def on_disk(folder: Path) -> Contents:
    """Names without what is drawn, and hashes; without the local file system's own checksum files."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]
    return sorted((named(file.relative_to(folder).as_posix()), digest(file.read_bytes())) for file in files)


def in_bucket(s3: Any, bucket: str, prefix: str) -> Contents:
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    bodies = {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found}
    return sorted((named(key[len(prefix) :]), digest(body)) for key, body in bodies.items())


def named(key: str) -> str:
    return UUID.sub("-", key)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("case", FORMATS)
def test_equal_to_the_local_disk(case: str, spark: Spark, s3: Any, bucket: str, tmp_path: Path) -> None:
    format, options = FORMATS[case]
    partitions = [] if format == "text" else ["kind"]
    local, remote = f"file://{tmp_path}/out", f"s3://{bucket}/out"
    for path in (local, remote):
        spark.call("write", path=path, format=format, partitions=partitions, options=options)
    expected = spark.call("read", path=local, format=format, options=options)
    assert len(expected["rows"]) == 100
    assert spark.call("read", path=remote, format=format, options=options) == expected
    assert in_bucket(s3, bucket, "out/") == on_disk(tmp_path / "out")


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_schemes(scheme: str, spark: Spark, bucket: str, keys: Callable[..., list[str]]) -> None:
    path = f"{scheme}://{bucket}/a/{scheme}"
    spark.call("write_numbers", path=path, mode="overwrite")
    assert spark.call("ids", path=path) == list(range(10))
    assert all(key.startswith(f"a/{scheme}/") for key in keys())


def test_hadoop_api_of_rdds(spark: Spark, bucket: str) -> None:
    lines = ["one", "zwei", "셋", ""]
    assert spark.call("text_with_rdd", path=f"s3://{bucket}/text", lines=lines) == sorted(lines)
    assert spark.call("hadoop_formats", path=f"s3://{bucket}/sequence") == [[n, f"v{n}"] for n in range(20)]


def test_whole_text_files_and_globs(spark: Spark, s3: Any, bucket: str) -> None:
    for key in ("in/2023/a.txt", "in/2023/b.txt", "in/2024/a.txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    found = spark.call("whole_texts", path=f"s3://{bucket}/in/*/a.txt")
    assert found == [[f"s3://{bucket}/{key}", key] for key in ("in/2023/a.txt", "in/2024/a.txt")]


def test_table_with_a_location(spark: Spark, bucket: str, keys: Callable[..., list[str]]) -> None:
    found = spark.call("table", path=f"s3://{bucket}/tables/numbers")
    assert found == [*range(6), *range(100, 106)]
    assert any("tables/numbers/kind=0/" in key for key in keys()), "dropping an external table keeps its data"


def test_empty_and_gzipped_objects_of_others(spark: Spark, s3: Any, bucket: str) -> None:
    import gzip

    s3.put_object(Bucket=bucket, Key="in/empty.json", Body=b"")
    s3.put_object(Bucket=bucket, Key="in/full.json.gz", Body=gzip.compress(b'{"id": 1}\n{"id": 2}\n'))
    assert spark.call("ids", path=f"s3://{bucket}/in") == [1, 2]
