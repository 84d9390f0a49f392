"""Databases, tables, versions."""

from __future__ import annotations

import pytest

from tests.glue.contract.catalog import COLUMNS, database, new_name, table
from tests.glue.contract.conftest import new_model, refused


def test_a_database_has_the_defaults_of_aws(api):
    name = database(api)
    found = api.glue.get_database(Name=name)["Database"]
    assert found["CreateTime"].tzinfo is not None
    assert found["CatalogId"] == "000000000000"
    assert found["CreateTableDefaultPermissions"] == [
        {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
    ]


def test_databases_that_are_there_and_not_there(api):
    name = database(api)
    with refused("AlreadyExistsException", "Database already exists."):
        api.glue.create_database(DatabaseInput={"Name": name})
    for call in (api.glue.get_database, api.glue.delete_database):
        with refused("EntityNotFoundException", "Database none not found."):
            call(Name="none")
    with refused("EntityNotFoundException", "Database none not found."):
        api.glue.create_table(DatabaseName="none", TableInput={"Name": "t"})


def test_names_are_lower_case(api):
    name = new_name("DB")
    api.glue.create_database(DatabaseInput={"Name": name})
    assert api.glue.get_database(Name=name)["Database"]["Name"] == name.lower()
    with refused("AlreadyExistsException", "Database already exists."):
        api.glue.create_database(DatabaseInput={"Name": name.lower()})
    api.glue.create_table(DatabaseName=name, TableInput={"Name": "Words"})
    found = api.glue.get_table(DatabaseName=name.lower(), Name="WORDS")["Table"]
    assert (found["DatabaseName"], found["Name"]) == (name.lower(), "words")


def test_updating_a_database_replaces_its_definition_and_keeps_its_tables(api):
    name = new_name("db")
    api.glue.create_database(DatabaseInput={"Name": name, "Description": "old", "LocationUri": "s3://a/"})
    api.glue.create_table(DatabaseName=name, TableInput={"Name": "t"})
    api.glue.update_database(Name=name, DatabaseInput={"Name": name, "Description": "new"})
    found = api.glue.get_database(Name=name)["Database"]
    assert found["Description"] == "new" and "LocationUri" not in found
    assert [one["Name"] for one in api.glue.get_tables(DatabaseName=name)["TableList"]] == ["t"]
    with refused("InvalidInputException"):
        api.glue.update_database(Name=name, DatabaseInput={"Name": "another"})


def test_databases_come_in_pages(api):
    names = {database(api) for _ in range(5)}
    seen, request = [], {"MaxResults": 2}
    while True:
        answer = api.glue.get_databases(**request)
        assert len(answer["DatabaseList"]) <= 2
        seen += [one["Name"] for one in answer["DatabaseList"]]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert names <= set(seen) and len(seen) == len(set(seen))
    assert api.glue.get_databases(ResourceShareType="FOREIGN")["DatabaseList"] == []


def test_a_database_goes_with_its_tables_and_its_tags(api):
    name = new_name("db")
    arn = f"arn:aws:glue:us-east-1:000000000000:database/{name}"
    api.glue.create_database(DatabaseInput={"Name": name})
    api.glue.tag_resource(ResourceArn=arn, TagsToAdd={"a": "b"})
    assert api.glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
    api.glue.create_table(DatabaseName=name, TableInput={"Name": "t"})
    api.glue.delete_database(Name=name)
    api.glue.create_database(DatabaseInput={"Name": name})
    assert api.glue.get_tables(DatabaseName=name)["TableList"] == []
    assert api.glue.get_tags(ResourceArn=arn)["Tags"] == {}


def test_the_catalog_of_another_account_is_another_one(api):
    name = database(api)
    with refused("EntityNotFoundException", f"Database {name} not found."):
        api.glue.get_database(CatalogId="123456789012", Name=name)
    api.glue.create_database(CatalogId="123456789012", DatabaseInput={"Name": name})
    assert api.glue.get_database(CatalogId="123456789012", Name=name)["Database"]["CatalogId"] == "123456789012"
    with refused("EntityNotFoundException", "Catalog nested/one not found."):
        api.glue.get_database(CatalogId="nested/one", Name=name)


def test_a_table_says_what_aws_adds(api):
    where = table(
        api, {"day": "date"}, TableInput={"TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "csv"}}
    )
    found = api.glue.get_table(DatabaseName=where["DatabaseName"], Name=where["TableName"])["Table"]
    assert (found["Retention"], found["IsRegisteredWithLakeFormation"]) == (0, False)
    assert abs((found["UpdateTime"] - found["CreateTime"]).total_seconds()) < 1
    assert found["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    assert found["StorageDescriptor"]["Columns"] == COLUMNS
    assert (found["TableType"], found["Parameters"]) == ("EXTERNAL_TABLE", {"classification": "csv"})


@new_model
def test_the_first_version_is_0(api):
    where = table(api)
    assert api.glue.get_table(DatabaseName=where["DatabaseName"], Name=where["TableName"])["Table"]["VersionId"] == "0"


def test_tables_that_are_there_and_not_there(api):
    where = table(api)
    with refused("AlreadyExistsException", "Table already exists."):
        api.glue.create_table(DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"]})
    for call in (api.glue.get_table, api.glue.delete_table):
        with refused("EntityNotFoundException", "Table none not found."):
            call(DatabaseName=where["DatabaseName"], Name="none")
    with refused("EntityNotFoundException", "Table none not found."):
        api.glue.update_table(DatabaseName=where["DatabaseName"], TableInput={"Name": "none"})
    answer = api.glue.batch_delete_table(
        DatabaseName=where["DatabaseName"], TablesToDelete=[where["TableName"], "none"]
    )
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Table none not found"}
    assert answer["Errors"] == [{"TableName": "none", "ErrorDetail": detail}]
    assert api.glue.get_tables(DatabaseName=where["DatabaseName"])["TableList"] == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (None, ["orders", "orders_raw", "raw_orders"]),
        ("orders", ["orders"]),
        ("orders*", ["orders", "orders_raw"]),
        ("*orders", ["orders", "raw_orders"]),
        ("orders.*", ["orders", "orders_raw"]),
        ("ORDERS", ["orders"]),
        ("orders|raw_.*", ["orders", "raw_orders"]),
        ("raw", []),
    ],
)
def test_expressions_select_tables_by_their_whole_name(api, pattern, found):
    name = database(api)
    for one in ("raw_orders", "orders", "orders_raw"):
        api.glue.create_table(DatabaseName=name, TableInput={"Name": one})
    request = {"Expression": pattern} if pattern else {}
    assert [one["Name"] for one in api.glue.get_tables(DatabaseName=name, **request)["TableList"]] == found


def test_an_expression_that_is_none_or_never_ends_is_refused(api):
    name = database(api)
    api.glue.create_table(DatabaseName=name, TableInput={"Name": "a" * 60})
    for pattern in ("(", "(a|a|aa)+b"):
        with refused("InvalidInputException", f"Invalid pattern: {pattern}"):
            api.glue.get_tables(DatabaseName=name, Expression=pattern)


def test_tables_come_in_pages_that_survive_deletions(api):
    name = database(api)
    for at in range(7):
        api.glue.create_table(DatabaseName=name, TableInput={"Name": f"t{at}"})
    seen, request = [], {"DatabaseName": name, "MaxResults": 3}
    while True:
        answer = api.glue.get_tables(**request)
        page = [one["Name"] for one in answer["TableList"]]
        api.glue.batch_delete_table(DatabaseName=name, TablesToDelete=page)
        seen += page
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert seen == [f"t{at}" for at in range(7)]
    with refused("InvalidInputException"):
        api.glue.get_tables(DatabaseName=name, NextToken="no token")


@new_model
def test_what_would_write_files_of_an_open_format_is_refused(api):
    name = database(api)
    with refused("InternalFailure", status=501):
        api.glue.create_table(
            DatabaseName=name,
            TableInput={"Name": "t"},
            OpenTableFormatInput={"IcebergInput": {"MetadataOperation": "CREATE"}},
        )
    assert api.glue.get_tables(DatabaseName=name, AttributesToGet=["NAME"])["TableList"] == []


def test_an_update_makes_a_version_and_archives_the_old_one(api):
    where = table(api, TableInput={"Description": "created"})
    api.glue.update_table(
        DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"], "Description": "updated"}
    )
    versions = api.glue.get_table_versions(**where)["TableVersions"]
    assert [(one["VersionId"], one["Table"]["Description"]) for one in versions] == [("1", "updated"), ("0", "created")]
    assert versions[0]["Table"]["UpdateTime"] > versions[1]["Table"]["UpdateTime"]
    current = api.glue.get_table_version(**where)["TableVersion"]
    assert current == versions[0]
    assert api.glue.get_table_version(**where, VersionId="0")["TableVersion"] == versions[1]
    assert api.glue.get_table(DatabaseName=where["DatabaseName"], Name=where["TableName"])["Table"] == current["Table"]


def test_without_an_archive_only_the_number_goes_on(api):
    where = table(api)
    definition = {"Name": where["TableName"], "Description": "new"}
    api.glue.update_table(DatabaseName=where["DatabaseName"], TableInput=definition, SkipArchive=True)
    assert [one["VersionId"] for one in api.glue.get_table_versions(**where)["TableVersions"]] == ["1"]


@new_model
def test_an_update_of_another_version_changes_nothing(api):
    where = table(api)
    database_name, definition = where["DatabaseName"], {"Name": where["TableName"], "Description": "first"}
    api.glue.update_table(DatabaseName=database_name, TableInput=definition, VersionId="0")
    with refused("ConcurrentModificationException", "Update table failed due to concurrent modifications."):
        api.glue.update_table(DatabaseName=database_name, TableInput={**definition, "Description": "x"}, VersionId="0")
    assert api.glue.get_table(DatabaseName=database_name, Name=where["TableName"])["Table"]["Description"] == "first"


def test_deleting_versions(api):
    where = table(api)
    for _ in range(4):
        api.glue.update_table(DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"]})
    api.glue.delete_table_version(**where, VersionId="1")
    with refused("EntityNotFoundException", "Version not found."):
        api.glue.delete_table_version(**where, VersionId="1")
    with refused("InvalidInputException"):
        api.glue.delete_table_version(**where, VersionId="4")
    answer = api.glue.batch_delete_table_version(**where, VersionIds=["0", "9", "4", "x"])
    refusals = [(one["TableName"], one["VersionId"], one["ErrorDetail"]["ErrorCode"]) for one in answer["Errors"]]
    assert refusals == [
        (where["TableName"], "9", "EntityNotFoundException"),
        (where["TableName"], "4", "InvalidInputException"),
        (where["TableName"], "x", "InvalidInputException"),
    ]
    assert [one["VersionId"] for one in api.glue.get_table_versions(**where)["TableVersions"]] == ["4", "3", "2"]
    assert api.glue.get_table_versions(**where, MaxResults=1)["TableVersions"][0]["VersionId"] == "4"
    with refused("EntityNotFoundException", "Version not found."):
        api.glue.get_table_version(**where, VersionId="0")
    with refused("InvalidInputException"):
        api.glue.get_table_version(**where, VersionId="x")
