"""The contract suite: what clients may rely on, point by point, through two boto3: today's, and Airflow's 1.18.65.

`api` is an Account whose `glue` is one of the two; a test that needs members the old model does not know is marked
`@new_model`. The clients differ in nothing that a test could see, but that the old one has no waiters, paginators or
`exceptions`: `refused` reads an error by its code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.glue.service.conftest import BUCKET, Account, prepared
from tests.support.localstack import VENVS, LocalStack
from tests.support.old_boto3 import OldBoto3

new_model = pytest.mark.parametrize("api", ["boto3"], indirect=True)


@dataclass
class Refusal:
    """What an error response says; filled in when the block has ended."""

    status: int = 0
    code: str = ""
    message: str = ""


@contextmanager
def refused(code: str, message: str | None = None, status: int = 400) -> Iterator[Refusal]:
    """The block must end in an error response of that code and status, and, if given, of exactly that message."""
    seen = Refusal()
    with pytest.raises(ClientError) as caught:
        yield seen
    answer: dict[str, Any] = caught.value.response  # type: ignore[assignment]
    seen.status, seen.code = answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]
    seen.message = answer["Error"]["Message"]
    assert (seen.status, seen.code) == (status, code), seen
    assert message is None or seen.message == message


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Account]]:
    """One LocalStack, whose minutes last a second, and an Account for each client."""
    with prepared(LocalStack(tmp_path_factory.mktemp("contract"), GLUE_MINUTE_SECONDS="1")) as localstack:
        new, old = Account(localstack), Account(localstack)
        new.s3.create_bucket(Bucket=BUCKET)
        with OldBoto3(VENVS / "airflow/bin/python", localstack.endpoint) as boto3:
            assert boto3.version == "1.18.65"
            old.glue = boto3.client("glue")
            yield {"boto3": new, "boto3 1.18.65": old}
        localstack.stop()


@pytest.fixture(params=["boto3", "boto3 1.18.65"])
def api(request: pytest.FixtureRequest, contract: dict[str, Account]) -> Account:
    return contract[request.param]
