"""Connections."""

from __future__ import annotations

import pytest

from tests.glue.contract.catalog import new_name
from tests.glue.contract.conftest import new_model, refused

JDBC = {"JDBC_CONNECTION_URL": "jdbc:postgresql://db:5432/orders", "USERNAME": "app", "PASSWORD": "secret"}


def connection(api, kind="JDBC", properties=None, **members):
    """The name of a new one."""
    name = new_name("connection")
    wanted = {"Name": name, "ConnectionType": kind, "ConnectionProperties": JDBC if properties is None else properties}
    api.glue.create_connection(ConnectionInput={**wanted, **members})
    return name


def gone(api, *names):
    api.glue.batch_delete_connection(ConnectionNameList=list(names))


def test_a_connection_comes_back_as_it_was_given(api):
    network = {"SubnetId": "subnet-1", "SecurityGroupIdList": ["sg-1"], "AvailabilityZone": "us-east-1a"}
    name = connection(api, Description="orders", MatchCriteria=["eu", "prod"], PhysicalConnectionRequirements=network)
    found = api.glue.get_connection(Name=name)["Connection"]
    assert (found["Name"], found["ConnectionType"], found["Description"]) == (name, "JDBC", "orders")
    assert (found["ConnectionProperties"], found["MatchCriteria"]) == (JDBC, ["eu", "prod"])
    assert found["PhysicalConnectionRequirements"] == network
    assert found["CreationTime"] == found["LastUpdatedTime"] and found["CreationTime"].tzinfo is not None
    gone(api, name)


def test_the_password_can_be_hidden(api):
    name = connection(api)
    hidden = {key: JDBC[key] for key in JDBC if key != "PASSWORD"}
    assert api.glue.get_connection(Name=name, HidePassword=True)["Connection"]["ConnectionProperties"] == hidden
    (found,) = [one for one in api.glue.get_connections(HidePassword=True)["ConnectionList"] if one["Name"] == name]
    assert found["ConnectionProperties"] == hidden
    assert api.glue.get_connection(Name=name)["Connection"]["ConnectionProperties"] == JDBC
    gone(api, name)


def test_filters_select_by_type_and_by_all_criteria(api):
    criterion = new_name("criterion")
    one = connection(api, MatchCriteria=[criterion, "a"])
    two = connection(api, "NETWORK", {}, MatchCriteria=[criterion, "a", "b"])
    for wanted, names in [
        ({"MatchCriteria": [criterion]}, {one, two}),
        ({"MatchCriteria": [criterion, "b"]}, {two}),
        ({"MatchCriteria": [criterion], "ConnectionType": "JDBC"}, {one}),
        ({"MatchCriteria": [criterion, "c"]}, set()),
    ]:
        assert {found["Name"] for found in api.glue.get_connections(Filter=wanted)["ConnectionList"]} == names
    first = api.glue.get_connections(Filter={"MatchCriteria": [criterion]}, MaxResults=1)
    request = {"Filter": {"MatchCriteria": [criterion]}, "NextToken": first["NextToken"]}
    second = api.glue.get_connections(**request)
    assert {found["Name"] for found in first["ConnectionList"] + second["ConnectionList"]} == {one, two}
    assert "NextToken" not in second
    gone(api, one, two)


def test_connections_that_are_there_and_not_there(api):
    name = connection(api)
    with refused("AlreadyExistsException", "Connection already exists."):
        api.glue.create_connection(
            ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": JDBC}
        )
    gone(api, name)
    definition = {"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": JDBC}
    for call in (
        lambda: api.glue.get_connection(Name=name),
        lambda: api.glue.delete_connection(ConnectionName=name),
        lambda: api.glue.update_connection(Name=name, ConnectionInput=definition),
    ):
        with refused("EntityNotFoundException", f"Connection {name} not found."):
            call()


def test_an_update_replaces_the_definition_and_keeps_the_time_of_creation(api):
    name = connection(api, Description="old")
    created = api.glue.get_connection(Name=name)["Connection"]["CreationTime"]
    changed = {**JDBC, "USERNAME": "other"}
    definition = {"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": changed}
    api.glue.update_connection(Name=name, ConnectionInput=definition)
    found = api.glue.get_connection(Name=name)["Connection"]
    assert found["ConnectionProperties"] == changed and "Description" not in found
    assert found["CreationTime"] == created < found["LastUpdatedTime"]
    with refused("InvalidInputException"):
        api.glue.update_connection(Name=name, ConnectionInput={**definition, "Name": "another"})
    gone(api, name)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("JDBC", {}),
        ("JDBC", {"JDBC_CONNECTION_URL": "jdbc:x"}),
        ("JDBC", {"USERNAME": "a", "PASSWORD": "b"}),
        ("KAFKA", {}),
        ("MONGODB", {"CONNECTION_URL": "mongodb://x"}),
    ],
)
def test_a_type_needs_its_properties(api, kind, properties):
    with refused("InvalidInputException") as refusal:
        connection(api, kind, properties)
    assert refusal.message.startswith("Validation for connection properties failed")


def test_deleting_takes_the_tags_along(api):
    name = connection(api)
    arn = f"arn:aws:glue:us-east-1:000000000000:connection/{name}"
    api.glue.tag_resource(ResourceArn=arn, TagsToAdd={"a": "b"})
    assert api.glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    api.glue.delete_connection(ConnectionName=name)
    assert api.glue.get_tags(ResourceArn=arn)["Tags"] == {}
    assert name not in {one["Name"] for one in api.glue.get_connections()["ConnectionList"]}


def test_a_batch_deletes_what_is_there_and_names_the_rest(api):
    one, two = connection(api), connection(api)
    answer = api.glue.batch_delete_connection(ConnectionNameList=[one, "none", two])
    assert answer["Succeeded"] == [one, two]
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Connection none not found."}
    assert answer["Errors"] == {"none": detail}


@new_model
def test_secrets_of_the_authentication_are_not_shown(api):
    authentication = {
        "AuthenticationType": "BASIC",
        "SecretArn": "arn:aws:secretsmanager:us-east-1:000000000000:secret:s",
        "BasicAuthenticationCredentials": {"Username": "u", "Password": "p"},
    }
    name = connection(api, "MYSQL", {"HOST": "db"}, AuthenticationConfiguration=authentication)
    found = api.glue.get_connection(Name=name)["Connection"]
    assert found["AuthenticationConfiguration"] == {
        key: authentication[key] for key in ("AuthenticationType", "SecretArn")
    }
    assert found["ConnectionSchemaVersion"] == 2
    gone(api, name)
