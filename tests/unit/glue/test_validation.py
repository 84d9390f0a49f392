"""AWS's sentences for requests that break the model; the model is botocore's own."""

from __future__ import annotations

import boto3
import pytest

from localstack_glue.service import validation
from localstack_glue.service.errors import Validation


@pytest.fixture(scope="module")
def model():
    client = boto3.client("glue", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return lambda operation: client.meta.service_model.operation_model(operation).input_shape


def test_a_missing_member_is_null_with_a_small_first_letter(model):
    with pytest.raises(Validation) as caught:
        validation.check(model("GetJobRun"), {"RunId": "x"})
    assert caught.value.message == (
        "1 validation error detected: Value null at 'jobName' failed to satisfy constraint: Member must not be null"
    )


def test_all_problems_are_reported_together(model):
    with pytest.raises(Validation, match=r"^2 validation errors detected: .*null at 'jobName'.*; Value '' at 'runId'"):
        validation.check(model("GetJobRun"), {"RunId": ""})


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("WorkerType", "G.99X", "at 'workerType' failed .* Member must satisfy enum value set: \\[Standard, G.1X"),
        ("Timeout", 0, "Value '0' at 'timeout' .* greater than or equal to 1"),
        ("Name", "x" * 256, "at 'name' .* length less than or equal to 255"),
        ("GlueVersion", "four", "regular expression pattern"),
        ("Command", {"Name": "pythonshell", "PythonVersion": "3.8"}, "at 'command.pythonVersion' .* pattern"),
        ("NotificationProperty", {"NotifyDelayAfter": 0}, "at 'notificationProperty.notifyDelayAfter'"),
    ],
)
def test_a_broken_constraint_is_named(model, member, value, text):
    request = {"Name": "j", "Role": "r", "Command": {"Name": "pythonshell"}}
    validation.check(model("CreateJob"), request)
    with pytest.raises(Validation, match=text):
        validation.check(model("CreateJob"), {**request, member: value})


def test_lists_are_looked_into(model):
    with pytest.raises(Validation, match=r"at 'jobRunIds.2.member' .* length greater than or equal to 1"):
        validation.check(model("BatchStopJobRun"), {"JobName": "j", "JobRunIds": ["jr_1", ""]})
    with pytest.raises(Validation, match=r"at 'jobRunIds' .* length less than or equal to 25"):
        validation.check(model("BatchStopJobRun"), {"JobName": "j", "JobRunIds": ["jr"] * 26})
