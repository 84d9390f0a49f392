"""Hadoop's FileSystem as scripts use it through py4j, and what it makes of folders, which S3 does not have."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.spark import Spark, SparkError

Keys = Callable[..., list[str]]


@pytest.fixture
def root(bucket: str) -> str:
    return f"s3://{bucket}/root"


def test_create_read_status(spark: Spark, root: str, keys: Keys) -> None:
    spark.call("create", url=f"{root}/a/b.txt", text="héllo")
    assert spark.call("text_of", url=f"{root}/a/b.txt") == "héllo"
    found = spark.call("status", url=f"{root}/a/b.txt")
    assert (found["path"], found["folder"], found["length"]) == (f"{root}/a/b.txt", False, 6)
    assert abs(found["changed"] / 1000 - time.time()) < 60
    assert spark.call("status", url=f"{root}/a")["folder"]
    assert spark.call("status", url=root.rpartition("/")[0] + "/")["folder"]
    with pytest.raises(SparkError, match="FileAlreadyExistsException"):
        spark.call("create", url=f"{root}/a/b.txt", text="x", overwrite=False)
    with pytest.raises(SparkError, match=r"FileAlreadyExistsException.*is a folder"):
        spark.call("create", url=f"{root}/a", text="x")
    with pytest.raises(SparkError, match="is a folder"):
        spark.call("text_of", url=f"{root}/a")
    spark.call("create", url=f"{root}/a/b.txt", text="other")
    assert spark.call("text_of", url=f"{root}/a/b.txt") == "other"
    assert keys() == ["root/a/b.txt"]


def test_a_file_is_there_when_it_is_closed(spark: Spark, root: str) -> None:
    assert spark.call("create_open", url=f"{root}/late", text="x") == [False, True]


def test_folders_leave_no_objects(spark: Spark, root: str, keys: Keys) -> None:
    assert spark.call("mkdirs", url=f"{root}/made/deep")
    assert keys() == []
    assert spark.call("status", url=f"{root}/made")["folder"]
    assert spark.call("listing", url=f"{root}/made") == [f"{root}/made/deep/"]
    assert spark.call("listing", url=f"{root}/made/deep") == []
    spark.call("create", url=f"{root}/made/deep/file", text="x")
    with pytest.raises(SparkError, match="is a file"):
        spark.call("mkdirs", url=f"{root}/made/deep/file")
    spark.call("delete", url=f"{root}/made/deep/file")
    assert spark.call("status", url=f"{root}/made/deep")["folder"], "a folder does not go with its last file"
    assert spark.call("delete", url=f"{root}/made", recursive=True)
    assert not spark.call("exists", url=root)


def test_markers_of_other_programs(spark: Spark, s3: Any, root: str, bucket: str, keys: Keys) -> None:
    for key in ("root/slash/", "root/dollar_$folder$", "root/full/", "root/full/file"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert spark.call("listing", url=root) == [f"{root}/{name}/" for name in ("dollar", "full", "slash")]
    for name in ("slash", "dollar"):
        assert spark.call("status", url=f"{root}/{name}")["folder"]
        assert spark.call("listing", url=f"{root}/{name}") == []
    assert spark.call("listing", url=f"{root}/full") == [f"{root}/full/file"]
    assert spark.call("rename", source=f"{root}/dollar", target=f"{root}/pound")
    assert spark.call("delete", url=f"{root}/slash")
    assert spark.call("delete", url=f"{root}/full", recursive=True)
    assert keys() == ["root/pound_$folder$"]


def test_rename(spark: Spark, root: str, keys: Keys) -> None:
    for name in ("from/a", "from/b/c", "into/x", "taken"):
        spark.call("create", url=f"{root}/{name}", text=name)
    assert spark.call("rename", source=f"{root}/from/a", target=f"{root}/from/a2")
    assert spark.call("rename", source=f"{root}/from", target=f"{root}/to/new")
    assert spark.call("rename", source=f"{root}/to/new/a2", target=f"{root}/into"), "into a folder that is there"
    assert not spark.call("rename", source=f"{root}/into/x", target=f"{root}/taken"), "never onto a file"
    assert not spark.call("rename", source=f"{root}/to", target=f"{root}/to/new/below")
    with pytest.raises(SparkError, match="FileNotFoundException"):
        spark.call("rename", source=f"{root}/nothing", target=f"{root}/x")
    assert keys() == ["root/into/a2", "root/into/x", "root/taken", "root/to/new/b/c"]
    assert spark.call("text_of", url=f"{root}/into/a2") == "from/a"


def test_delete(spark: Spark, root: str, keys: Keys) -> None:
    for name in ("a", "a-1", "a.b", "folder/x", "folder/y/z"):
        spark.call("create", url=f"{root}/{name}", text=name)
    assert not spark.call("delete", url=f"{root}/nothing")
    with pytest.raises(SparkError, match="not empty"):
        spark.call("delete", url=f"{root}/folder")
    assert spark.call("delete", url=f"{root}/a")
    assert spark.call("delete", url=f"{root}/folder", recursive=True)
    assert keys() == ["root/a-1", "root/a.b"]


def test_listings_and_globs(spark: Spark, root: str) -> None:
    for name in ("2023/01/a.csv", "2023/02/a.csv", "2024/01/a.csv", "2024/01/b.json", "top.csv"):
        spark.call("create", url=f"{root}/{name}", text="12345")
    assert spark.call("listing", url=root) == [f"{root}/2023/", f"{root}/2024/", f"{root}/top.csv"]
    assert spark.call("listing", url=f"{root}/top.csv") == [f"{root}/top.csv"]
    assert spark.call("glob", url=f"{root}/*/01/*.csv") == [f"{root}/2023/01/a.csv", f"{root}/2024/01/a.csv"]
    assert spark.call("glob", url=f"{root}/202{{3,4}}/0[12]") == [
        f"{root}/{d}" for d in ("2023/01", "2023/02", "2024/01")
    ]
    assert spark.call("glob", url=f"{root}/none*") == []
    assert len(spark.call("files_below", url=root)) == 5
    assert spark.call("summary", url=root) == [5, 25]


def test_uncommitted_files_are_not_in_the_bucket(spark: Spark, root: str, keys: Keys) -> None:
    """The whole way of a committer: write, look, move, and the one rename that puts it there."""
    attempt = f"{root}/out/_temporary/0/_temporary/attempt_1"
    spark.call("mkdirs", url=f"{root}/out/_temporary/0")
    spark.call("mkdirs", url=attempt)
    spark.call("create", url=f"{attempt}/p=1/part-0", text="zero")
    spark.call("create", url=f"{attempt}/p=2/part-0", text="one")
    assert spark.call("rename", source=attempt, target=f"{root}/out/_temporary/0/task_1")
    assert not spark.call("exists", url=attempt)
    task = f"{root}/out/_temporary/0/task_1"
    assert spark.call("listing", url=task) == [f"{task}/p=1/", f"{task}/p=2/"]
    assert spark.call("text_of", url=f"{task}/p=1/part-0") == "zero"
    assert spark.call("pieces", url=f"{task}/p=1/part-0", places=[[2, 2], [0, 4]]) == ["ro", "zero"]
    assert keys() == []
    assert not spark.call("exists", url=f"{root}/out"), "not even its folder is to be seen"
    assert spark.call("rename", source=task, target=f"{root}/out")
    assert keys() == ["root/out/p=1/part-0", "root/out/p=2/part-0"]
    assert spark.call("delete", url=f"{root}/out/_temporary", recursive=True)
    assert not list(spark.scratch.glob("*"))
    spark.call("create", url=f"{root}/out/_temporary/x", text="x")
    with pytest.raises(SparkError, match="not supported"):
        spark.call("rename", source=f"{root}/out/p=1", target=f"{root}/out/_temporary/p=1")
    assert spark.call("delete", url=f"{root}/out/_temporary", recursive=True)


def test_random_reads(spark: Spark, s3: Any, root: str, bucket: str) -> None:
    """Forwards, backwards, over the borders of ranges, at both ends."""
    content = b"".join(n.to_bytes(4, "big") for n in range(3 << 20))  # 12 MiB
    s3.put_object(Bucket=bucket, Key="root/bytes", Body=content)
    end = len(content)
    places = [
        [0, 10],
        [262_140, 8],
        [5, 5],
        [end - 8, 8],
        [end - 400_000, 100],
        [6 << 20, 600_000],
        [1, 3 << 20],
        [end - 1, 1],
    ]
    found = spark.call("pieces", url=f"{root}/bytes", places=places)
    assert [text.encode("latin-1") for text in found] == [content[at : at + length] for at, length in places]
    with pytest.raises(SparkError, match="EOFException"):
        spark.call("pieces", url=f"{root}/bytes", places=[[end + 1, 1]])
    with pytest.raises(SparkError, match=r"(?i)unexpected read"):
        spark.call("pieces", url=f"{root}/bytes", places=[[end - 1, 2]])


def test_an_object_replaced_while_it_is_read(spark: Spark, s3: Any, root: str, bucket: str) -> None:
    """Never half of one and half of the other."""
    s3.put_object(Bucket=bucket, Key="root/changing", Body=b"a" * 1_000_000)
    with pytest.raises(SparkError, match="replaced or deleted while it was read"):
        spark.call("read_while", url=f"{root}/changing", position=900_000, other="b" * 1_000_000)
