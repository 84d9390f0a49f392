"""Databases and tables for the tests of the Data Catalog."""

from __future__ import annotations

import uuid
from typing import Any

from tests.glue.service.conftest import Account

COLUMNS = [{"Name": "id", "Type": "bigint"}, {"Name": "word", "Type": "string"}]


def new_name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:10]}"


def database(api: Account) -> str:
    """The name of a new one."""
    name = new_name("db")
    api.glue.create_database(DatabaseInput={"Name": name})
    return name


def table(api: Account, keys: dict[str, str] | None = None, **members: Any) -> dict[str, str]:
    """A new table in a new database, partitioned by `keys` (name to type), as DatabaseName and TableName."""
    where = {"DatabaseName": database(api), "TableName": new_name("t")}
    definition = {
        "Name": where["TableName"],
        "StorageDescriptor": {"Columns": COLUMNS, "Location": "s3://data/"},
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in (keys or {}).items()],
        **members.pop("TableInput", {}),
    }
    api.glue.create_table(DatabaseName=where["DatabaseName"], TableInput=definition, **members)
    return where


def partition(*values: str) -> dict[str, Any]:
    """A PartitionInput."""
    return {
        "Values": list(values),
        "StorageDescriptor": {"Columns": COLUMNS, "Location": f"s3://data/{'/'.join(values)}"},
    }


def add(api: Account, where: dict[str, str], *values: str) -> None:
    """Partitions with one value each, in as few calls as possible."""
    for start in range(0, len(values), 100):
        wanted = [partition(value) for value in values[start : start + 100]]
        assert api.glue.batch_create_partition(**where, PartitionInputList=wanted)["Errors"] == []
