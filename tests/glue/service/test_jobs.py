"""Job definitions through boto3: operations, defaults, errors with AWS's codes and texts."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError

COMMAND = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://scripts/none.py"}


def error(caught) -> tuple[int, str, str]:
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_accounts_and_regions_do_not_see_each_others_jobs(aws):
    name = aws.job(None)
    for options in ({"region_name": "eu-west-1"}, {"aws_access_key_id": "111122223333"}):
        other = aws.localstack.client("glue", **options)
        with pytest.raises(other.exceptions.EntityNotFoundException):
            other.get_job(JobName=name)


def test_a_missing_member_is_named(aws):
    """botocore itself would refuse such a request, so its check is off."""
    from botocore.config import Config

    client = aws.localstack.client("glue", config=Config(parameter_validation=False, retries={"max_attempts": 0}))
    with pytest.raises(ClientError) as caught:
        client.get_job_run(RunId="jr_1")
    assert error(caught) == (
        400,
        "ValidationException",
        "1 validation error detected: Value null at 'jobName' failed to satisfy constraint: Member must not be null",
    )


def test_the_catalog_is_motos(aws):
    name = f"db_{uuid.uuid4().hex[:8]}"
    aws.glue.create_database(DatabaseInput={"Name": name})
    aws.glue.create_table(DatabaseName=name, TableInput={"Name": "t"})
    assert [table["Name"] for table in aws.glue.get_tables(DatabaseName=name)["TableList"]] == ["t"]
    with pytest.raises(aws.glue.exceptions.EntityNotFoundException):
        aws.glue.get_database(Name="none")


@pytest.mark.parametrize(
    ("operation", "request_"),
    [("list_blueprints", {}), ("get_dataflow_graph", {}), ("list_dev_endpoints", {})],
)
def test_what_nobody_implements_answers_an_error_that_names_it(aws, operation, request_):
    with pytest.raises(ClientError) as caught:
        getattr(aws.glue, operation)(**request_)
    status, code, text = error(caught)
    assert (status, code) == (501, "InternalFailure")
    assert caught.value.operation_name in text
