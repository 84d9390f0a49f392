"""Partitions, and indexes of them."""

from __future__ import annotations

import pytest

from tests.glue.contract.catalog import COLUMNS, add, new_name, partition, table
from tests.glue.contract.conftest import refused
from tests.support.polling import wait_until

MISMATCH = "The number of partition keys do not match the number of partition values"


def values(answer):
    return [one["Values"] for one in answer["Partitions"]]


def test_a_partition_comes_back_as_it_was_given(api):
    where = table(api, {"day": "date"})
    api.glue.create_partition(**where, PartitionInput={**partition("2023-01-01"), "Parameters": {"rows": "1"}})
    found = api.glue.get_partition(**where, PartitionValues=["2023-01-01"])["Partition"]
    assert (found["Values"], found["Parameters"]) == (["2023-01-01"], {"rows": "1"})
    assert (found["DatabaseName"], found["TableName"]) == (where["DatabaseName"], where["TableName"])
    assert found["StorageDescriptor"] == partition("2023-01-01")["StorageDescriptor"]
    assert found["CatalogId"] == "000000000000" and found["CreationTime"].tzinfo is not None


def test_partitions_that_are_there_and_not_there(api):
    where = table(api, {"day": "date"})
    add(api, where, "2023-01-01")
    with refused("AlreadyExistsException", "Partition already exists."):
        api.glue.create_partition(**where, PartitionInput=partition("2023-01-01"))
    for call in (api.glue.get_partition, api.glue.delete_partition):
        with refused("EntityNotFoundException", "Cannot find partition."):
            call(**where, PartitionValues=["none"])
    with refused("EntityNotFoundException", "Table none not found."):
        api.glue.get_partitions(DatabaseName=where["DatabaseName"], TableName="none")


def test_values_must_be_as_many_as_keys(api):
    where = table(api, {"year": "int", "month": "int"})
    with refused("InvalidInputException", MISMATCH):
        api.glue.create_partition(**where, PartitionInput=partition("2023"))
    answer = api.glue.batch_create_partition(**where, PartitionInputList=[partition("2023"), partition("2023", "1")])
    detail = {"ErrorCode": "InvalidInputException", "ErrorMessage": MISMATCH}
    assert answer["Errors"] == [{"PartitionValues": ["2023"], "ErrorDetail": detail}]
    assert values(api.glue.get_partitions(**where)) == [["2023", "1"]]


def test_batches_do_what_they_can_and_report_the_rest(api):
    where = table(api, {"day": "string"})
    add(api, where, "a", "b", "c")
    answer = api.glue.batch_create_partition(**where, PartitionInputList=[partition("c"), partition("d")])
    detail = {"ErrorCode": "AlreadyExistsException", "ErrorMessage": "Partition already exists."}
    assert answer["Errors"] == [{"PartitionValues": ["c"], "ErrorDetail": detail}]
    found = api.glue.batch_get_partition(
        **where, PartitionsToGet=[{"Values": ["a"]}, {"Values": ["d"]}, {"Values": ["x"]}]
    )
    assert sorted(values(found)) == [["a"], ["d"]] and found["UnprocessedKeys"] == []
    entries = [
        {"PartitionValueList": ["a"], "PartitionInput": {**partition("a"), "Parameters": {"new": "1"}}},
        {"PartitionValueList": ["x"], "PartitionInput": partition("x")},
    ]
    answer = api.glue.batch_update_partition(**where, Entries=entries)
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition [x] not found"}
    assert answer["Errors"] == [{"PartitionValueList": ["x"], "ErrorDetail": detail}]
    assert api.glue.get_partition(**where, PartitionValues=["a"])["Partition"]["Parameters"] == {"new": "1"}
    answer = api.glue.batch_delete_partition(**where, PartitionsToDelete=[{"Values": ["a"]}, {"Values": ["x"]}])
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Cannot find partition."}
    assert answer["Errors"] == [{"PartitionValues": ["x"], "ErrorDetail": detail}]
    assert values(api.glue.get_partitions(**where)) == [["b"], ["c"], ["d"]]


def test_an_update_onto_another_partition_loses_neither(api):
    where = table(api, {"day": "string"})
    add(api, where, "a", "b")
    created = api.glue.get_partition(**where, PartitionValues=["a"])["Partition"]["CreationTime"]
    with refused("AlreadyExistsException", "Partition already exists."):
        api.glue.update_partition(**where, PartitionValueList=["a"], PartitionInput=partition("b"))
    assert values(api.glue.get_partitions(**where)) == [["a"], ["b"]]
    api.glue.update_partition(**where, PartitionValueList=["a"], PartitionInput=partition("c"))
    assert values(api.glue.get_partitions(**where)) == [["b"], ["c"]]
    assert api.glue.get_partition(**where, PartitionValues=["c"])["Partition"]["CreationTime"] == created
    with refused("EntityNotFoundException", "Cannot find partition."):
        api.glue.update_partition(**where, PartitionValueList=["a"], PartitionInput=partition("a"))


@pytest.mark.parametrize(
    ("kind", "expression", "found"),
    [
        ("int", "k = 10", ["10"]),
        ("int", "k > 9", ["10", "20"]),
        ("bigint", "k between 9 and 10", ["10", "9"]),
        ("long", "k <> 9 and k < 20", ["10"]),
        ("string", "k > '20'", ["9"]),
        ("string", "k like '_0'", ["10", "20"]),
        ("varchar(5)", "k in ('9', '20')", ["20", "9"]),
        ("decimal(10,2)", "k >= 10.0", ["10", "20"]),
        ("string", "k = '9' or k = '10'", ["10", "9"]),
        ("string", "", ["10", "20", "9"]),
    ],
)
def test_expressions_compare_by_the_type_of_the_key(api, kind, expression, found):
    where = table(api, {"k": kind})
    add(api, where, "9", "10", "20")
    assert values(api.glue.get_partitions(**where, Expression=expression)) == [[one] for one in found]


@pytest.mark.parametrize("expression", ["k =", "k = 1; drop", "other = 1", "k = 'x'"])
def test_an_expression_that_makes_no_sense_is_refused(api, expression):
    where = table(api, {"k": "int"})
    add(api, where, "1")
    with refused("InvalidInputException"):
        api.glue.get_partitions(**where, Expression=expression)


def test_an_expression_is_read_even_if_there_are_no_partitions(api):
    where = table(api, {"k": "int"})
    with refused("InvalidInputException"):
        api.glue.get_partitions(**where, Expression="k =")


def test_pages_and_segments_hold_each_partition_once(api):
    where = table(api, {"k": "string"})
    wanted = {f"{at:03}" for at in range(230)}
    add(api, where, *wanted)
    seen = []
    for segment in range(4):
        request = {**where, "Segment": {"SegmentNumber": segment, "TotalSegments": 4}, "MaxResults": 20}
        while True:
            answer = api.glue.get_partitions(**request)
            assert len(answer["Partitions"]) <= 20
            seen += [one for (one,) in values(answer)]
            if "NextToken" not in answer:
                break
            request["NextToken"] = answer["NextToken"]
    assert len(seen) == 230 and set(seen) == wanted
    with refused("InvalidInputException"):
        api.glue.get_partitions(**where, Segment={"SegmentNumber": 4, "TotalSegments": 4})


def test_a_sweep_that_deletes_page_by_page_meets_every_partition(api):
    where = table(api, {"k": "int"})
    add(api, where, *map(str, range(50)))
    swept, request = 0, {**where, "MaxResults": 20, "Expression": "k >= 0"}
    while True:
        answer = api.glue.get_partitions(**request)
        api.glue.batch_delete_partition(**where, PartitionsToDelete=[{"Values": one} for one in values(answer)])
        swept += len(answer["Partitions"])
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert swept == 50 and values(api.glue.get_partitions(**where)) == []


def test_columns_may_be_left_out(api):
    where = table(api, {"k": "string"})
    add(api, where, "a")
    (full,) = api.glue.get_partitions(**where)["Partitions"]
    (bare,) = api.glue.get_partitions(**where, ExcludeColumnSchema=True)["Partitions"]
    assert full["StorageDescriptor"]["Columns"] == COLUMNS
    assert bare["StorageDescriptor"] == {"Location": "s3://data/a"}


# indexes


def indexes(api, where):
    return api.glue.get_partition_indexes(**where)["PartitionIndexDescriptorList"]


def create_index(api, where, name, *keys):
    """Waits until it is ACTIVE."""
    api.glue.create_partition_index(**where, PartitionIndex={"IndexName": name, "Keys": list(keys)})
    assert {index["IndexName"]: index["IndexStatus"] for index in indexes(api, where)}[name] in ("CREATING", "ACTIVE")
    wait_until(lambda: all(index["IndexStatus"] == "ACTIVE" for index in indexes(api, where)), 20, "indexes are ACTIVE")


def test_an_index_becomes_active_and_can_be_deleted(api):
    where = table(api, {"year": "int", "month": "string"})
    assert indexes(api, where) == []
    create_index(api, where, "by_month", "month")
    described = [{"IndexName": "by_month", "Keys": [{"Name": "month", "Type": "string"}], "IndexStatus": "ACTIVE"}]
    assert indexes(api, where) == described
    api.glue.delete_partition_index(**where, IndexName="by_month")
    assert [index["IndexStatus"] for index in indexes(api, where)] in (["DELETING"], [])
    wait_until(lambda: indexes(api, where) == [], 20, "the index is gone")
    with refused("EntityNotFoundException", "Index with the given indexName : by_month does not exist."):
        api.glue.delete_partition_index(**where, IndexName="by_month")


def test_a_table_has_three_indexes_at_most_and_none_twice(api):
    where = table(api, {"year": "int", "month": "string"})
    unknown = {"IndexName": "x", "Keys": ["nosuchcol"]}
    message = "IndexKeys not a part of PartitionColumns. Verify the indexKeys : [nosuchcol]"
    with refused("InvalidInputException", message):
        api.glue.create_partition_index(**where, PartitionIndex=unknown)
    create_index(api, where, "one", "year")
    with refused("AlreadyExistsException", "Partition Index one already exists with the same name."):
        api.glue.create_partition_index(**where, PartitionIndex={"IndexName": "one", "Keys": ["month"]})
    with refused("AlreadyExistsException", "Partition Index one already exists with the same keys."):
        api.glue.create_partition_index(**where, PartitionIndex={"IndexName": "two", "Keys": ["year"]})
    create_index(api, where, "two", "year", "month")
    create_index(api, where, "three", "month", "year")
    with refused("ResourceNumberLimitExceededException", "Partition index limit exceeded. Maximum: 3"):
        api.glue.create_partition_index(**where, PartitionIndex={"IndexName": "four", "Keys": ["month"]})


def test_indexes_come_and_go_with_their_table(api):
    wanted = [{"IndexName": "one", "Keys": ["year"]}, {"IndexName": "two", "Keys": ["month"]}]
    where = table(api, {"year": "int", "month": "string"}, PartitionIndexes=wanted)
    assert [(index["IndexName"], index["IndexStatus"]) for index in indexes(api, where)] == [
        ("one", "ACTIVE"),
        ("two", "ACTIVE"),
    ]
    api.glue.update_table(DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"]})
    assert len(indexes(api, where)) == 2
    api.glue.delete_table(DatabaseName=where["DatabaseName"], Name=where["TableName"])
    with refused("EntityNotFoundException", f"Table {where['TableName']} not found."):
        indexes(api, where)
    api.glue.create_table(DatabaseName=where["DatabaseName"], TableInput={"Name": where["TableName"]})
    assert indexes(api, where) == []


def test_a_table_with_an_impossible_index_is_not_made(api):
    where = table(api, {"year": "int"})
    name = new_name("t")
    with refused("InvalidInputException"):
        api.glue.create_table(
            DatabaseName=where["DatabaseName"],
            TableInput={"Name": name},
            PartitionIndexes=[{"IndexName": "one", "Keys": ["year"]}],
        )
    with refused("EntityNotFoundException", f"Table {name} not found."):
        api.glue.get_table(DatabaseName=where["DatabaseName"], Name=name)
