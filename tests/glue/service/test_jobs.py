"""Job definitions through boto3: operations, defaults, errors with AWS's codes and texts."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError

COMMAND = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://scripts/none.py"}


def error(caught) -> tuple[int, str, str]:
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_job_is_created_read_changed_and_deleted(aws):
    name = aws.job(None, DefaultArguments={"--a": "1"}, Tags={"team": "x"}, MaxRetries=2)
    job = aws.glue.get_job(JobName=name)["Job"]
    wanted = {
        "Name": name,
        "Role": "role",
        "MaxRetries": 2,
        "Timeout": 2880,
        "MaxCapacity": 0.0625,
        "AllocatedCapacity": 0,
        "GlueVersion": "3.0",
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "DefaultArguments": {"--a": "1"},
    }
    assert wanted.items() <= job.items()
    assert "Tags" not in job
    arn = f"arn:aws:glue:us-east-1:000000000000:job/{name}"
    assert aws.glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "x"}
    aws.glue.tag_resource(ResourceArn=arn, TagsToAdd={"more": "y"})
    aws.glue.untag_resource(ResourceArn=arn, TagsToRemove=["team"])
    assert aws.glue.get_tags(ResourceArn=arn)["Tags"] == {"more": "y"}
    assert aws.glue.list_jobs(Tags={"more": "y"})["JobNames"] == [name]
    answer = aws.glue.update_job(JobName=name, JobUpdate={"Role": "other", "Command": COMMAND})
    assert answer["JobName"] == name
    changed = aws.glue.get_job(JobName=name)["Job"]
    assert (changed["Role"], changed["MaxRetries"], "DefaultArguments" in changed) == ("other", 0, False)
    assert aws.glue.delete_job(JobName=name)["JobName"] == name
    assert aws.glue.delete_job(JobName=name)["JobName"] == name  # AWS: no error if there is none
    with pytest.raises(ClientError) as caught:
        aws.glue.get_job(JobName=name)
    assert error(caught) == (400, "EntityNotFoundException", f"Job with name: {name} not found.")


def test_many_jobs_come_in_pages(aws):
    names = sorted(aws.job(None) for _ in range(5))
    for operation, member, key in (
        ("get_jobs", "Jobs", lambda job: job["Name"]),
        ("list_jobs", "JobNames", lambda name: name),
    ):
        pages = _pages(getattr(aws.glue, operation), member)
        found = [key(item) for page in pages for item in page]
        assert found == sorted(set(found))
        assert set(names) <= set(found)
        assert max(map(len, pages)) <= 2
    batch = aws.glue.batch_get_jobs(JobNames=[names[0], "missing", names[1]])
    assert [job["Name"] for job in batch["Jobs"]] == names[:2]
    assert batch["JobsNotFound"] == ["missing"]


def _pages(operation, member):
    pages, token = [], {}
    while True:
        answer = operation(MaxResults=2, **token)
        pages.append(answer[member])
        if "NextToken" not in answer:
            return pages
        token = {"NextToken": answer["NextToken"]}


def test_accounts_and_regions_do_not_see_each_others_jobs(aws):
    name = aws.job(None)
    for options in ({"region_name": "eu-west-1"}, {"aws_access_key_id": "111122223333"}):
        other = aws.localstack.client("glue", **options)
        with pytest.raises(other.exceptions.EntityNotFoundException):
            other.get_job(JobName=name)


def test_a_name_that_is_taken_is_refused(aws):
    name = aws.job(None)
    with pytest.raises(ClientError) as caught:
        aws.glue.create_job(Name=name, Role="other", Command=COMMAND)
    status, code, text = error(caught)
    assert (status, code) == (400, "IdempotentParameterMismatchException")
    assert text == f"Job with name '{name}' already submitted with different configuration"


@pytest.mark.parametrize(
    ("operation", "request_", "code", "text"),
    [
        ("get_job", {"JobName": "none"}, "EntityNotFoundException", "Job with name: none not found."),
        (
            "update_job",
            {"JobName": "none", "JobUpdate": {}},
            "EntityNotFoundException",
            "Job with name: none not found.",
        ),
        (
            "start_job_run",
            {"JobName": "none"},
            "EntityNotFoundException",
            "Failed to start job run due to missing metadata",
        ),
        ("get_job_runs", {"JobName": "none"}, "EntityNotFoundException", "Job with name: none not found."),
        ("get_job_run", {"JobName": "none", "RunId": "jr_1"}, "EntityNotFoundException", None),
        (
            "create_job",
            {"Name": "x", "Role": "r", "Command": COMMAND, "MaxCapacity": 1.0, "AllocatedCapacity": 2},
            "InvalidInputException",
            "Please set only Allocated Capacity or Max Capacity.",
        ),
        (
            "create_job",
            {"Name": "x", "Role": "r", "Command": COMMAND, "WorkerType": "G.9X", "NumberOfWorkers": 2},
            "ValidationException",
            "1 validation error detected: Value 'G.9X' at 'workerType' failed to satisfy constraint: Member must satisfy "
            "enum value set: [Standard, G.1X, G.2X, G.025X, G.4X, G.8X, Z.2X]",
        ),
        ("get_jobs", {"NextToken": "nonsense"}, "InvalidInputException", None),
    ],
)
def test_errors_are_those_of_aws(aws, operation, request_, code, text):
    with pytest.raises(ClientError) as caught:
        getattr(aws.glue, operation)(**request_)
    status, found, message = error(caught)
    assert (status, found) == (400, code)
    assert text is None or message == text


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
    [("list_blueprints", {}), ("get_job_bookmark", {"JobName": "j"}), ("list_dev_endpoints", {})],
)
def test_what_nobody_implements_answers_an_error_that_names_it(aws, operation, request_):
    with pytest.raises(ClientError) as caught:
        getattr(aws.glue, operation)(**request_)
    status, code, text = error(caught)
    assert (status, code) == (501, "InternalFailure")
    assert caught.value.operation_name in text
