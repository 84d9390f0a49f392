"""Security configurations, resource policies, the state of the catalog's import."""

from __future__ import annotations

import json

import pytest

from tests.glue.contract.catalog import new_name
from tests.glue.contract.conftest import refused

S3 = {"S3Encryption": [{"S3EncryptionMode": "SSE-S3"}]}


def policy(words):
    return json.dumps({"Version": "2012-10-17", "Statement": [], "Id": words})


@pytest.fixture
def arn():
    return f"arn:aws:glue:us-east-1:000000000000:database/{new_name('db')}"


def test_a_security_configuration_from_creation_to_deletion(api):
    name = new_name("security")
    made = api.glue.create_security_configuration(Name=name, EncryptionConfiguration=S3)
    found = api.glue.get_security_configuration(Name=name)["SecurityConfiguration"]
    assert (found["Name"], found["EncryptionConfiguration"]) == (name, S3)
    assert found["CreatedTimeStamp"] == made["CreatedTimestamp"]
    with refused("AlreadyExistsException", f"SecurityConfiguration {name} already exists."):
        api.glue.create_security_configuration(Name=name, EncryptionConfiguration=S3)
    assert name in [one["Name"] for one in api.glue.get_security_configurations()["SecurityConfigurations"]]
    api.glue.delete_security_configuration(Name=name)
    for call in (api.glue.get_security_configuration, api.glue.delete_security_configuration):
        with refused("EntityNotFoundException", f"SecurityConfiguration {name} not found."):
            call(Name=name)


def test_a_policy_is_put_under_conditions(api, arn):
    with refused("EntityNotFoundException", "Policy not found"):
        api.glue.get_resource_policy(ResourceArn=arn)
    with refused("ConditionCheckFailureException"):
        api.glue.put_resource_policy(ResourceArn=arn, PolicyInJson=policy("a"), PolicyExistsCondition="MUST_EXIST")
    first = api.glue.put_resource_policy(ResourceArn=arn, PolicyInJson=policy("a"), PolicyExistsCondition="NOT_EXIST")
    with refused("ConditionCheckFailureException"):
        api.glue.put_resource_policy(ResourceArn=arn, PolicyInJson=policy("b"), PolicyExistsCondition="NOT_EXIST")
    with refused("ConditionCheckFailureException"):
        api.glue.put_resource_policy(ResourceArn=arn, PolicyInJson=policy("b"), PolicyHashCondition="other")
    found = api.glue.get_resource_policy(ResourceArn=arn)
    assert (found["PolicyInJson"], found["PolicyHash"]) == (policy("a"), first["PolicyHash"])
    api.glue.put_resource_policy(ResourceArn=arn, PolicyInJson=policy("b"), PolicyHashCondition=first["PolicyHash"])
    changed = api.glue.get_resource_policy(ResourceArn=arn)
    assert changed["PolicyInJson"] == policy("b") and changed["CreateTime"] == found["CreateTime"]
    policies = api.glue.get_resource_policies()["GetResourcePoliciesResponseList"]
    assert changed["PolicyHash"] in [one["PolicyHash"] for one in policies]
    with refused("ConditionCheckFailureException"):
        api.glue.delete_resource_policy(ResourceArn=arn, PolicyHashCondition=first["PolicyHash"])
    api.glue.delete_resource_policy(ResourceArn=arn)
    with refused("EntityNotFoundException", "Policy not found"):
        api.glue.delete_resource_policy(ResourceArn=arn)


def test_a_policy_is_json(api, arn):
    for text in ("no json", "[]"):
        with refused("InvalidInputException"):
            api.glue.put_resource_policy(ResourceArn=arn, PolicyInJson=text)


def test_there_is_nothing_to_import(api):
    assert api.glue.get_catalog_import_status()["ImportStatus"]["ImportCompleted"] is True
    with refused("InternalFailure", status=501):
        api.glue.import_catalog_to_glue()
