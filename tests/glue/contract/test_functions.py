"""User-defined functions."""

from __future__ import annotations

from tests.glue.contract.catalog import database, new_name
from tests.glue.contract.conftest import refused

JAR = [{"ResourceType": "JAR", "Uri": "s3://jars/f.jar"}]


def function(api, name, **members):
    """In a new database, whose name is given back."""
    where = database(api)
    api.glue.create_user_defined_function(
        DatabaseName=where, FunctionInput={"FunctionName": name, "ClassName": "org.F", **members}
    )
    return where


def names(answer):
    return [one["FunctionName"] for one in answer["UserDefinedFunctions"]]


def test_a_function_comes_back_as_it_was_given(api):
    where = function(api, "f", OwnerName="me", OwnerType="USER", ResourceUris=JAR)
    found = api.glue.get_user_defined_function(DatabaseName=where, FunctionName="f")["UserDefinedFunction"]
    assert (found["FunctionName"], found["ClassName"], found["DatabaseName"]) == ("f", "org.F", where)
    assert (found["OwnerName"], found["OwnerType"], found["ResourceUris"]) == ("me", "USER", JAR)
    assert found["CreateTime"].tzinfo is not None and found["CatalogId"] == "000000000000"


def test_functions_that_are_there_and_not_there(api):
    where = function(api, "f")
    with refused("AlreadyExistsException", "Function f already exists."):
        api.glue.create_user_defined_function(DatabaseName=where, FunctionInput={"FunctionName": "f"})
    with refused("InvalidInputException"):
        api.glue.create_user_defined_function(DatabaseName=where, FunctionInput={"ClassName": "org.F"})
    for call in (api.glue.get_user_defined_function, api.glue.delete_user_defined_function):
        with refused("EntityNotFoundException", "Function g not found."):
            call(DatabaseName=where, FunctionName="g")
    with refused("EntityNotFoundException", "Function g not found."):
        api.glue.update_user_defined_function(DatabaseName=where, FunctionName="g", FunctionInput={"ClassName": "x"})
    with refused("EntityNotFoundException", "Database none not found."):
        api.glue.get_user_defined_functions(DatabaseName="none", Pattern="*")


def test_patterns_select_functions_of_one_database_or_of_all(api):
    mark = new_name("f").replace("-", "_")
    one, other = function(api, f"{mark}_a"), function(api, f"{mark}_c")
    api.glue.create_user_defined_function(DatabaseName=one, FunctionInput={"FunctionName": f"{mark}_b"})
    assert names(api.glue.get_user_defined_functions(DatabaseName=one, Pattern="*")) == [f"{mark}_a", f"{mark}_b"]
    assert names(api.glue.get_user_defined_functions(DatabaseName=one, Pattern="*_b")) == [f"{mark}_b"]
    assert names(api.glue.get_user_defined_functions(DatabaseName=one, Pattern=mark)) == []
    found = api.glue.get_user_defined_functions(Pattern=f"{mark}*")
    assert {(each["DatabaseName"], each["FunctionName"]) for each in found["UserDefinedFunctions"]} == {
        (one, f"{mark}_a"),
        (one, f"{mark}_b"),
        (other, f"{mark}_c"),
    }
    first = api.glue.get_user_defined_functions(DatabaseName=one, Pattern="*", MaxResults=1)
    rest = api.glue.get_user_defined_functions(DatabaseName=one, Pattern="*", NextToken=first["NextToken"])
    assert names(first) + names(rest) == [f"{mark}_a", f"{mark}_b"] and "NextToken" not in rest


def test_an_update_replaces_and_may_rename(api):
    where = function(api, "f", OwnerName="me")
    made = api.glue.get_user_defined_function(DatabaseName=where, FunctionName="f")["UserDefinedFunction"]["CreateTime"]
    api.glue.update_user_defined_function(
        DatabaseName=where, FunctionName="f", FunctionInput={"FunctionName": "g", "ClassName": "org.G"}
    )
    assert names(api.glue.get_user_defined_functions(DatabaseName=where, Pattern="*")) == ["g"]
    found = api.glue.get_user_defined_function(DatabaseName=where, FunctionName="g")["UserDefinedFunction"]
    assert (found["ClassName"], found["CreateTime"]) == ("org.G", made) and "OwnerName" not in found


def test_functions_go_with_their_database(api):
    where = function(api, "f")
    api.glue.delete_database(Name=where)
    api.glue.create_database(DatabaseInput={"Name": where})
    assert names(api.glue.get_user_defined_functions(DatabaseName=where, Pattern="*")) == []
