"""Statistics of columns, of tables and of partitions."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from tests.glue.contract.catalog import add, table
from tests.glue.contract.conftest import refused

WHEN = datetime(2023, 4, 29, 12, 30, 15, tzinfo=timezone.utc)
COUNTS = {"NumberOfNulls": 3, "NumberOfDistinctValues": 7}
DATA = {
    "BOOLEAN": {"BooleanColumnStatisticsData": {"NumberOfTrues": 1, "NumberOfFalses": 2, "NumberOfNulls": 0}},
    "DATE": {
        "DateColumnStatisticsData": {
            "MinimumValue": datetime(1969, 7, 20, tzinfo=timezone.utc),
            "MaximumValue": datetime(2038, 1, 20, tzinfo=timezone.utc),
            **COUNTS,
        }
    },
    "DECIMAL": {
        "DecimalColumnStatisticsData": {
            "MinimumValue": {"UnscaledValue": b"\xff\x85", "Scale": 2},
            "MaximumValue": {"UnscaledValue": b"\x00\x01\xe2@", "Scale": 3},
            **COUNTS,
        }
    },
    "DOUBLE": {"DoubleColumnStatisticsData": {"MinimumValue": -1.5e300, "MaximumValue": 0.1, **COUNTS}},
    "LONG": {"LongColumnStatisticsData": {"MinimumValue": -(2**63), "MaximumValue": 2**63 - 1, **COUNTS}},
    "STRING": {"StringColumnStatisticsData": {"MaximumLength": 9, "AverageLength": 4.25, **COUNTS}},
    "BINARY": {"BinaryColumnStatisticsData": {"MaximumLength": 9, "AverageLength": 4.25, "NumberOfNulls": 0}},
}
NONE = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Statistics do not exist for this column"}


def statistics(kind="LONG", column="id"):
    data = {"Type": kind, **DATA[kind]}
    return {"ColumnName": column, "ColumnType": "bigint", "AnalyzedTime": WHEN, "StatisticsData": data}


@pytest.fixture(params=["table", "partition"])
def described(api, request):
    """The three operations on a new table or partition: update(list), get(names), delete(name)."""
    where = table(api, {"k": "string"})
    suffix = f"for_{request.param}"
    if request.param == "partition":
        add(api, where, "a")
        where = {**where, "PartitionValues": ["a"]}
    operations = {
        "update": lambda given: getattr(api.glue, f"update_column_statistics_{suffix}")(
            **where, ColumnStatisticsList=given
        ),
        "get": lambda names: getattr(api.glue, f"get_column_statistics_{suffix}")(**where, ColumnNames=names),
        "delete": lambda name: getattr(api.glue, f"delete_column_statistics_{suffix}")(**where, ColumnName=name),
    }
    return operations


@pytest.mark.parametrize("kind", DATA)
def test_values_of_every_type_come_back_unchanged(described, kind):
    assert described["update"]([statistics(kind)])["Errors"] == []
    answer = described["get"](["id"])
    assert answer["Errors"] == []
    assert answer["ColumnStatisticsList"] == [statistics(kind)]


def test_each_column_answers_for_itself(described):
    described["update"]([statistics("LONG", "id"), statistics("STRING", "word"), statistics("STRING", "k")])
    answer = described["get"](["word", "none", "id"])
    assert [one["ColumnName"] for one in answer["ColumnStatisticsList"]] == ["word", "id"]
    assert answer["Errors"] == [{"ColumnName": "none", "Error": NONE}]


def test_an_update_stores_what_is_right_and_gives_back_the_rest(described):
    wrong = {**statistics("LONG", "word"), "StatisticsData": {"Type": "STRING", **DATA["LONG"]}}
    answer = described["update"]([statistics(), wrong, statistics("LONG", "none")])
    assert [one["ColumnStatistics"] for one in answer["Errors"]] == [wrong, statistics("LONG", "none")]
    assert [one["Error"]["ErrorCode"] for one in answer["Errors"]] == [
        "InvalidInputException",
        "EntityNotFoundException",
    ]
    assert [one["ColumnName"] for one in described["get"](["id", "word", "none"])["ColumnStatisticsList"]] == ["id"]


def test_statistics_can_be_replaced_and_deleted(described):
    described["update"]([statistics("LONG")])
    described["update"]([statistics("DOUBLE")])
    assert described["get"](["id"])["ColumnStatisticsList"] == [statistics("DOUBLE")]
    described["delete"]("id")
    assert described["get"](["id"])["Errors"] == [{"ColumnName": "id", "Error": NONE}]
    described["delete"]("id")


def test_statistics_go_with_their_table(api):
    where = table(api)
    api.glue.update_column_statistics_for_table(**where, ColumnStatisticsList=[statistics()])
    definition = {"Name": where["TableName"], "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "bigint"}]}}
    api.glue.update_table(DatabaseName=where["DatabaseName"], TableInput=definition)
    assert len(api.glue.get_column_statistics_for_table(**where, ColumnNames=["id"])["ColumnStatisticsList"]) == 1
    api.glue.delete_table(DatabaseName=where["DatabaseName"], Name=where["TableName"])
    with refused("EntityNotFoundException", f"Table {where['TableName']} not found."):
        api.glue.get_column_statistics_for_table(**where, ColumnNames=["id"])
    api.glue.create_table(DatabaseName=where["DatabaseName"], TableInput=definition)
    assert api.glue.get_column_statistics_for_table(**where, ColumnNames=["id"])["ColumnStatisticsList"] == []


def test_statistics_go_with_their_partition(api):
    where = table(api, {"k": "string"})
    add(api, where, "a")
    one = {**where, "PartitionValues": ["a"]}
    api.glue.update_column_statistics_for_partition(**one, ColumnStatisticsList=[statistics()])
    assert api.glue.get_column_statistics_for_table(**where, ColumnNames=["id"])["ColumnStatisticsList"] == []
    api.glue.delete_partition(**one)
    with refused("EntityNotFoundException", "Partition [a] not found"):
        api.glue.get_column_statistics_for_partition(**one, ColumnNames=["id"])
    add(api, where, "a")
    assert api.glue.get_column_statistics_for_partition(**one, ColumnNames=["id"])["ColumnStatisticsList"] == []
