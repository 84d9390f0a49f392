"""A job that fails or is killed leaves what was there, and nothing of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.faulty_proxy import HOLD, Call, FaultyProxy
from tests.support.localstack import LocalStack
from tests.support.polling import wait_until
from tests.support.spark import Spark, SparkError

Keys = Callable[..., list[str]]
MARK_S = 90


@pytest.mark.parametrize("mode", ["append", "errorifexists"])
def test_a_failing_job_leaves_no_object(mode: str, spark: Spark, bucket: str, keys: Keys) -> None:
    path = f"s3://{bucket}/out"
    if mode == "append":
        spark.call("write_numbers", path=path, mode="append")
    before = keys()
    with pytest.raises(SparkError, match="the task fails here"):
        spark.call("write_and_fail", path=path, mode=mode)
    assert keys() == before
    assert leftovers(spark) == []
    if mode == "errorifexists":
        spark.call("write_numbers", path=path, mode="errorifexists")  # it can be tried again


def test_what_is_aborted_while_a_task_still_writes_leaves_nothing(spark: Spark, bucket: str, keys: Keys) -> None:
    """The driver deletes an aborted job's folder without waiting for tasks that write into it."""
    before = keys()
    folder = f"s3://{bucket}/out/_temporary/0"
    said = spark.call("deleted_while_written", folder=folder, name="task/part-0")
    assert "FileNotFoundException" in said and "was deleted while it was being written" in said
    assert keys() == before and leftovers(spark) == []
    assert not spark.call("exists", url=f"{folder}/task/part-0")


def leftovers(spark: Spark) -> list[Path]:
    return [file for file in spark.scratch.rglob("*") if file.is_file()]


def test_a_killed_job(new_spark: Callable[..., Spark], spark: Spark, bucket: str, keys: Keys, tmp_path: Path) -> None:
    """SIGKILL while it appends to data, and writes to a new path: of each, one task is committed and one is under way."""
    appended, new = f"s3://{bucket}/appended", f"s3://{bucket}/new"
    spark.call("write_numbers", path=appended, mode="append")
    before = keys()
    victim = new_spark(**{"spark.master": "local[4]"})
    victim.send("write_and_hang", paths=[appended, new], mode="append", folder=str(tmp_path))
    wait_until(lambda: len(list(tmp_path.glob("[01]-[01]"))) == 4, MARK_S, "both jobs have written all their rows")
    wait_until(
        lambda: sum(file.stat().st_size > 10**6 for file in leftovers(victim)) >= 2, MARK_S, "their tasks have output"
    )
    assert keys() == before, "nothing is to be seen before the commit"
    victim.kill()
    assert keys() == before
    assert spark.call("ids", path=appended) == list(range(10))
    assert not spark.call("exists", url=new)
    spark.call("write_numbers", path=appended, mode="append", first=10)
    assert spark.call("ids", path=appended) == list(range(20))


def test_killed_while_it_uploads(
    new_spark: Callable[..., Spark], localstack: LocalStack, s3: Any, bucket: str, tmp_path: Path
) -> None:
    """In the middle of a multipart upload: no half object. The parts stay with S3, which shows them to nobody."""
    local = tmp_path / "local"
    local.write_bytes(b"x" * (11 << 20))
    with FaultyProxy(localstack.endpoint, fault=lambda call: HOLD if "partNumber=3" in call.path else None) as proxy:
        victim = new_spark(
            proxy.endpoint,
            **{"spark.hadoop.mwaalocal.s3.multipart.threshold": "6m", "spark.hadoop.mwaalocal.s3.multipart.size": "5m"},
        )
        victim.send("upload", local=str(local), url=f"s3://{bucket}/large")
        wait_until(
            lambda: [call for call in proxy.calls if "partNumber=3" in call.path], MARK_S, "the last part is on its way"
        )
        wait_until(lambda: len(parts_of(s3, bucket)) == 2, MARK_S, "the first two parts are there")
        victim.kill()
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def parts_of(s3: Any, bucket: str) -> list[Any]:
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    if not uploads:
        return []
    parts: list[Any] = s3.list_parts(Bucket=bucket, Key="large", UploadId=uploads[0]["UploadId"]).get("Parts", [])
    return parts


def test_a_commit_that_fails_takes_back_the_folder(
    new_spark: Callable[..., Spark], localstack: LocalStack, bucket: str, keys: Keys
) -> None:
    """A new path is one upload of a folder. If S3 refuses one of its files, the others go again."""

    def refuse(call: Call) -> int | None:
        return 400 if call.method == "PUT" and "kind%3D1" in call.path else None

    with FaultyProxy(localstack.endpoint, fault=refuse) as proxy:
        with pytest.raises(SparkError, match="400"):
            new_spark(proxy.endpoint).call("write_numbers", path=f"s3://{bucket}/out", mode="append")
        assert [call for call in proxy.calls if call.method == "PUT"]
    assert keys() == []


def test_missing_bucket(spark: Spark) -> None:
    for call in ("write_numbers", "ids"):
        arguments = {"mode": "append"} if call == "write_numbers" else {}
        with pytest.raises(SparkError, match="Bucket no-such-bucket does not exist"):
            spark.call(call, path="s3://no-such-bucket/out", **arguments)


def test_missing_path(spark: Spark, bucket: str) -> None:
    with pytest.raises(SparkError, match=f"Path does not exist: s3://{bucket}/nothing"):
        spark.call("ids", path=f"s3://{bucket}/nothing")
    with pytest.raises(SparkError, match=r"FileNotFoundException.*nothing"):
        spark.call("text_of", url=f"s3://{bucket}/nothing")
    with pytest.raises(SparkError, match=r"FileNotFoundException.*nothing"):
        spark.call("listing", url=f"s3://{bucket}/nothing")
