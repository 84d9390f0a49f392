"""Schema registries: lists, and what moto's own operations lack."""

from __future__ import annotations

import json

import pytest

from tests.glue.contract.catalog import new_name
from tests.glue.contract.conftest import refused


def record(*fields):
    return json.dumps({"type": "record", "name": "r", "fields": [{"name": name, "type": "int"} for name in fields]})


@pytest.fixture
def registry(api):
    """Makes a registry with schemas of some names, and gives back its own. An account has few: they go again."""
    made = []

    def make(*schemas):
        made.append(new_name("registry"))
        api.glue.create_registry(RegistryName=made[-1], Description="made by a test")
        for schema in schemas:
            api.glue.create_schema(
                RegistryId={"RegistryName": made[-1]},
                SchemaName=schema,
                DataFormat="AVRO",
                Compatibility="NONE",
                SchemaDefinition=record("a"),
            )
        return made[-1]

    yield make
    for name in made:
        api.glue.delete_registry(RegistryId={"RegistryName": name})


def test_a_registry_says_when_it_was_made(api, registry):
    name = registry()
    found = api.glue.get_registry(RegistryId={"RegistryName": name})
    assert (found["RegistryName"], found["Description"], found["Status"]) == (name, "made by a test", "AVAILABLE")
    assert api.glue.get_registry(RegistryId={"RegistryArn": found["RegistryArn"]})["RegistryName"] == name
    api.glue.update_registry(RegistryId={"RegistryName": name}, Description="changed")
    changed = api.glue.get_registry(RegistryId={"RegistryName": name})
    assert changed["Description"] == "changed"
    assert changed["CreatedTime"] == found["CreatedTime"] < changed["UpdatedTime"]
    with refused("EntityNotFoundException"):
        api.glue.get_registry(RegistryId={"RegistryName": "none"})
    with refused("AlreadyExistsException", f"Registry already exists. RegistryName: {name}"):
        api.glue.create_registry(RegistryName=name)


def test_registries_come_in_pages(api, registry):
    names = {registry() for _ in range(3)}
    seen, request = [], {"MaxResults": 2}
    while True:
        answer = api.glue.list_registries(**request)
        seen += [one["RegistryName"] for one in answer["Registries"]]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert names <= set(seen) and len(seen) == len(set(seen))


def test_schemas_of_one_registry_or_of_all(api, registry):
    one, other = registry("orders", "clicks"), registry("orders")
    found = api.glue.list_schemas(RegistryId={"RegistryName": one})["Schemas"]
    assert [(each["RegistryName"], each["SchemaName"], each["SchemaStatus"]) for each in found] == [
        (one, "clicks", "AVAILABLE"),
        (one, "orders", "AVAILABLE"),
    ]
    everywhere = {(each["RegistryName"], each["SchemaName"]) for each in api.glue.list_schemas()["Schemas"]}
    assert {(one, "orders"), (one, "clicks"), (other, "orders")} <= everywhere
    with refused("EntityNotFoundException"):
        api.glue.list_schemas(RegistryId={"RegistryName": "none"})


def test_versions_of_a_schema(api, registry):
    schema = {"RegistryName": registry("orders"), "SchemaName": "orders"}
    api.glue.register_schema_version(SchemaId=schema, SchemaDefinition=record("a", "b"))
    versions = api.glue.list_schema_versions(SchemaId=schema)["Schemas"]
    assert [(one["VersionNumber"], one["Status"]) for one in versions] == [(1, "AVAILABLE"), (2, "AVAILABLE")]
    newest = api.glue.get_schema_version(SchemaId=schema, SchemaVersionNumber={"LatestVersion": True})
    assert newest["SchemaVersionId"] == versions[1]["SchemaVersionId"]
    with refused("EntityNotFoundException"):
        api.glue.list_schema_versions(SchemaId={**schema, "SchemaName": "none"})


def test_metadata_are_pairs(api, registry):
    schema = {"RegistryName": registry("orders"), "SchemaName": "orders"}
    latest = {"SchemaId": schema, "SchemaVersionNumber": {"LatestVersion": True}}
    answer = api.glue.put_schema_version_metadata(
        **latest, MetadataKeyValue={"MetadataKey": "team", "MetadataValue": "a"}
    )
    assert (answer["MetadataKey"], answer["MetadataValue"]) == ("team", "a")
    with refused("InvalidInputException"):
        api.glue.put_schema_version_metadata(**latest, MetadataKeyValue={"MetadataKey": "team"})
