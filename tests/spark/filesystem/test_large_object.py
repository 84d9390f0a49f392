"""An object of more than 200 MB: in parts, whole and equal. How fast: `make bench ONLY=spark`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.faulty_proxy import Call, FaultyProxy
from tests.support.localstack import LocalStack
from tests.support.spark import Spark, SparkError

SIZE = 201 * 10**6


@pytest.fixture(scope="session")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Bytes that differ everywhere."""
    file = tmp_path_factory.mktemp("large") / "file"
    with open(file, "wb") as out:
        block = hashlib.shake_256(b"large").digest(1 << 20)
        for n in range(SIZE // len(block) + 1):
            out.write((n.to_bytes(8, "big") + block[8:])[: SIZE - out.tell()])
    yield file
    file.unlink()


def test_in_parts(spark: Spark, s3: Any, bucket: str, large_file: Path) -> None:
    url = f"s3://{bucket}/large"
    spark.call("upload", local=str(large_file), url=url)
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == SIZE
    assert head["ETag"].endswith('-6"'), "six parts"
    expected = hashlib.md5(large_file.read_bytes()).hexdigest()
    assert md5(s3, bucket, "large") == expected
    assert spark.call("digest", url=url) == expected


def md5(s3: Any, bucket: str, key: str) -> str:
    digest = hashlib.md5()
    for chunk in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def test_parts_are_taken_back_if_one_fails(
    new_spark: Callable[..., Spark], localstack: LocalStack, s3: Any, bucket: str, tmp_path: Path
) -> None:
    local = tmp_path / "local"
    local.write_bytes(b"x" * (16 << 20))
    with FaultyProxy(localstack.endpoint, fault=refuse_part_2) as proxy:
        spark = new_spark(
            proxy.endpoint,
            **{
                "spark.hadoop.mwaalocal.s3.multipart.threshold": "16m",
                "spark.hadoop.mwaalocal.s3.multipart.size": "5m",
            },
        )
        with pytest.raises(SparkError, match="400"):
            spark.call("upload", local=str(local), url=f"s3://{bucket}/large")
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
        assert not list(spark.scratch.glob("*"))
        proxy.fault = lambda call: None
        local.write_bytes(b"y" * ((16 << 20) - 1))
        before = len(proxy.calls)
        spark.call("upload", local=str(local), url=f"s3://{bucket}/below")
        assert [call.method for call in proxy.calls[before:] if call.method != "GET"] == ["PUT"], "below it, one PUT"


def refuse_part_2(call: Call) -> int | None:
    return 400 if "partNumber=2" in call.path else None
