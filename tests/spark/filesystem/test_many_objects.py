"""More objects than a page of a listing holds, and than one request deletes."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.localstack import LocalStack
from tests.support.spark import Spark

pytestmark = pytest.mark.slow

MANY, THREADS = 10_000, 4
# LocalStack reads the account from it, and checks no signature: an SDK would take five times as long.
HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20230101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
}


def put(localstack: LocalStack, objects: dict[str, bytes]) -> None:
    """Keys with their buckets in front."""

    def work(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", localstack.port)
        for path in list(objects)[first::THREADS]:
            connection.request("PUT", f"/{path}", body=objects[path], headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))


@pytest.fixture(scope="session")
def full_bucket(localstack: LocalStack, s3: Any) -> Iterator[str]:
    """10,000 objects of a line each, below many/part=0 to many/part=199."""
    name = "ten-thousand"
    s3.create_bucket(Bucket=name)
    put(localstack, {f"{name}/many/part={n % 200}/{n:05}.json": b'{"id": %d}' % n for n in range(MANY)})
    yield name


def test_listing(spark: Spark, full_bucket: str) -> None:
    found = spark.call("files_below", url=f"s3://{full_bucket}/many")
    assert found == sorted(f"s3://{full_bucket}/many/part={n % 200}/{n:05}.json" for n in range(MANY))
    assert len(spark.call("listing", url=f"s3://{full_bucket}/many")) == 200
    assert spark.call("summary", url=f"s3://{full_bucket}/many")[0] == MANY


def test_reading_a_partition_of_them(spark: Spark, full_bucket: str) -> None:
    assert spark.call("ids", path=f"s3://{full_bucket}/many/part=3") == list(range(3, MANY, 200))


def test_one_flat_folder_of_two_pages(
    spark: Spark, localstack: LocalStack, bucket: str, keys: Callable[..., list[str]]
) -> None:
    put(localstack, {f"{bucket}/flat/{n:04}": b"" for n in range(1005)} | {f"{bucket}/other": b""})
    assert len(spark.call("listing", url=f"s3://{bucket}/flat")) == 1005
    assert spark.call("delete", url=f"s3://{bucket}/flat", recursive=True)
    assert keys() == ["other"]
