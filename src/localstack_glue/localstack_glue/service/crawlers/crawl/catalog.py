"""Writes tables and partitions into the catalog through Glue's own API, as the crawler's policies say.

no table of that name               created
a table at the same location        updated (UPDATE_IN_DATABASE), extended (MergeNewColumns) or left (LOG)
a table of that name elsewhere      it stays; the new one gets a name with a hash
partitions                          added; changed ones updated unless LOG
gone from S3                        deleted, marked as deprecated, or logged
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .grouping import Dataset
from .log import CrawlLog
from .objects import Place
from .tables import DEPRECATED, UPDATED_BY, Input, Tables

_BATCH = 100  # partitions that one BatchCreatePartition takes
_TABLE_INPUT = (
    "Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters",
)  # fmt: skip
_COUNTS = ("objectCount", "recordCount", "sizeKey", "averageRecordSize", "CRAWL_RUN_ID")
INDEX = "crawler_partition_index"


@dataclass(frozen=True)
class Policy:
    """SchemaChangePolicy and the parts of Configuration that decide what is written."""

    update: str = "UPDATE_IN_DATABASE"
    delete: str = "DEPRECATE_IN_DATABASE"
    merge_columns: bool = False
    inherit: bool = False
    index: bool = True
    most_tables: int = 0


@dataclass
class Changes:
    """What a crawl did: names of tables and numbers of partitions, by ADD, UPDATE and DELETE. `saved` is called at each."""

    saved: Callable[[], None] = lambda: None
    tables: dict[str, list[str]] = field(default_factory=dict)
    partitions: dict[str, int] = field(default_factory=dict)

    def table(self, action: str, name: str) -> None:
        self.tables.setdefault(action, []).append(name)
        self.saved()

    def partition(self, action: str, count: int = 1) -> None:
        if count:
            self.partitions[action] = self.partitions.get(action, 0) + count
            self.saved()


class Catalog:
    def __init__(
        self, client: Any, database: str, tables: Tables, *, policy: Policy, log: CrawlLog, changes: Changes
    ) -> None:
        self._client, self._database, self._tables = client, database, tables
        self._policy, self._log, self._changes = policy, log, changes

    def ensure_database(self) -> None:
        """A crawler makes its database if it is not there."""
        try:
            self._client.get_database(Name=self._database)
        except self._client.exceptions.EntityNotFoundException:
            self._client.create_database(DatabaseInput={"Name": self._database})
            self._log.info(f"Created database {self._database}")

    def write(self, dataset: Dataset) -> str:
        """The name of the table that `dataset` is now."""
        name = self._tables.name(dataset)
        known = self._table(name)
        if known and _folder(known["StorageDescriptor"].get("Location", "")) != _folder(dataset.location):
            name = f"{name}_{hashlib.md5(dataset.location.encode(), usedforsecurity=False).hexdigest()}"
            known = self._table(name)
        wanted = self._tables.table(name, dataset)
        if known is None:
            self._client.create_table(DatabaseName=self._database, TableInput=wanted)
            self._log.info(f"Created table {name} in database {self._database}")
            self._changes.table("ADD", name)
        else:
            wanted = self._update(known, wanted)
        self._write_partitions(name, wanted, dataset)
        return name

    def _update(self, known: Input, wanted: Input) -> Input:
        """The table's input as it is now in the catalog."""
        name = wanted["Name"]
        current = {key: known[key] for key in _TABLE_INPUT if key in known}
        policy = self._policy
        if _keys(known) != _keys(wanted):
            where = wanted["StorageDescriptor"]["Location"].removeprefix("s3://")
            self._log.warn(f"Folder partition keys do not match table partition keys, skipped folder: {where}")
            return current
        if policy.merge_columns:
            wanted = _with_new_columns(current, wanted)
        elif policy.update == "LOG":
            if _described(current) != _described(wanted):
                self._log.info(f"Table {name} has a different schema now and is not updated: UpdateBehavior is LOG")
            return current
        wanted["Parameters"] = {**current.get("Parameters", {}), **wanted["Parameters"]}
        wanted["Parameters"].pop(DEPRECATED, None)
        wanted["PartitionKeys"] = current.get("PartitionKeys", [])
        if "Description" in current:
            wanted["Description"] = current["Description"]
        if _settled(current) != _settled(wanted):
            self._client.update_table(DatabaseName=self._database, TableInput=wanted)
            self._log.info(f"Updated table {name} in database {self._database}")
            self._changes.table("UPDATE", name)
        return wanted

    def _write_partitions(self, name: str, table: Input, dataset: Dataset) -> None:
        if not dataset.keys or _keys(table) != dataset.partition_keys:
            return
        known = {tuple(each["Values"]): each for each in self._partitions(name)}
        inherited = table["StorageDescriptor"] if self._policy.inherit else None
        new = []
        for part in dataset.parts:
            wanted = self._tables.partition(dataset, part, inherited)
            if part.values not in known:
                new.append(wanted)
            elif self._policy.update != "LOG" or inherited:
                self._update_partition(name, known[part.values], wanted)
        for at in range(0, len(new), _BATCH):
            batch = new[at : at + _BATCH]
            answer = self._client.batch_create_partition(
                DatabaseName=self._database, TableName=name, PartitionInputList=batch
            )
            self._changes.partition("ADD", len(batch) - len(answer.get("Errors", [])))
        if new and not known:
            self._index(name, table)

    def _update_partition(self, name: str, known: Input, wanted: Input) -> None:
        if _settled(known) != _settled(wanted):
            self._client.update_partition(
                DatabaseName=self._database, TableName=name, PartitionValueList=known["Values"], PartitionInput=wanted
            )
            self._changes.partition("UPDATE")

    def _index(self, name: str, table: Input) -> None:
        """AWS's crawlers make an index over the keys of a new table, if the service has them."""
        if not self._policy.index:
            return
        index = {"Keys": _keys(table), "IndexName": INDEX}
        try:
            self._client.create_partition_index(DatabaseName=self._database, TableName=name, PartitionIndex=index)
        except self._client.exceptions.ClientError as problem:
            self._log.info(f"No partition index was made for table {name}: {problem.response['Error']['Message']}")
            return
        table["Parameters"]["partition_filtering.enabled"] = "true"
        self._client.update_table(DatabaseName=self._database, TableInput=table)

    def retire(self, places: list[Place], written: dict[str, Dataset]) -> None:
        """What this crawler wrote before, below `places`, and finds no more: see DeleteBehavior."""
        for table in list(self._listed()):
            ours = table.get("Parameters", {}).get(UPDATED_BY) == self._tables.crawler
            location = table.get("StorageDescriptor", {}).get("Location", "")
            if table["Name"] in written:
                self._retire_partitions(table["Name"], written[table["Name"]])
            elif ours and any(_below(location, place) for place in places):
                self._retire_table(table)

    def _retire_table(self, table: Input) -> None:
        name = table["Name"]
        if self._policy.delete == "DELETE_FROM_DATABASE":
            self._client.delete_table(DatabaseName=self._database, Name=name)
            self._log.info(f"Deleted table {name} because a matching schema was not found at the table's location.")
            self._changes.table("DELETE", name)
        elif self._policy.delete == "LOG":
            self._log.info(f"A matching schema was not found at the location of table {name}.")
        elif DEPRECATED not in table["Parameters"]:
            current = {key: table[key] for key in _TABLE_INPUT if key in table}
            current["Parameters"] = {**current["Parameters"], DEPRECATED: str(int(time.time() * 1000))}
            self._client.update_table(DatabaseName=self._database, TableInput=current)
            self._log.info(
                f"Table {name} is marked deprecated because a matching schema was not found at the table's location."
            )
            self._changes.table("UPDATE", name)

    def _retire_partitions(self, name: str, dataset: Dataset) -> None:
        if not dataset.keys:
            return
        found = {part.values for part in dataset.parts}
        gone = [each["Values"] for each in self._partitions(name) if tuple(each["Values"]) not in found]
        for values in gone:
            self._log.info(
                f"Found partition of table {name} with partition values [{', '.join(values)}] with no matching schema at "
                "the partition's S3 location"
            )
            if self._policy.delete == "DELETE_FROM_DATABASE":
                self._client.delete_partition(DatabaseName=self._database, TableName=name, PartitionValues=values)
                self._changes.partition("DELETE")

    def roots(self, bucket: str) -> frozenset[str]:
        """The paths in `bucket` at which this crawler's tables are rooted."""
        top = f"s3://{bucket}/"
        ours = [each for each in self._listed() if each.get("Parameters", {}).get(UPDATED_BY) == self._tables.crawler]
        locations = [each.get("StorageDescriptor", {}).get("Location", "") for each in ours]
        return frozenset(where[len(top) :].strip("/") for where in locations if where.startswith(top))

    def _table(self, name: str) -> Input | None:
        try:
            return dict(self._client.get_table(DatabaseName=self._database, Name=name)["Table"])
        except self._client.exceptions.EntityNotFoundException:
            return None

    def _listed(self) -> Iterator[Input]:
        for page in self._client.get_paginator("get_tables").paginate(DatabaseName=self._database):
            yield from page["TableList"]

    def _partitions(self, name: str) -> Iterator[Input]:
        pages = self._client.get_paginator("get_partitions").paginate(DatabaseName=self._database, TableName=name)
        for page in pages:
            yield from page["Partitions"]


def _keys(table: Input) -> list[str]:
    return [key["Name"] for key in table.get("PartitionKeys", [])]


def _folder(location: str) -> str:
    return location.rstrip("/")


def _below(location: str, place: Place) -> bool:
    """The include path itself, or something in it."""
    top = f"s3://{place.bucket}/{place.path}".rstrip("/")
    return _folder(location) == top or location.startswith(f"{top}/")


def _with_new_columns(current: Input, wanted: Input) -> Input:
    """The table as it is, with the columns that are new: MergeNewColumns."""
    columns = current["StorageDescriptor"].get("Columns", [])
    names = {column["Name"] for column in columns}
    more = [column for column in wanted["StorageDescriptor"]["Columns"] if column["Name"] not in names]
    counts = {key: value for key, value in wanted["Parameters"].items() if key in (*_COUNTS, UPDATED_BY)}
    return {
        **current,
        "StorageDescriptor": {**current["StorageDescriptor"], "Columns": [*columns, *more]},
        "Parameters": {**current.get("Parameters", {}), **counts},
    }


def _described(table: Input) -> Any:
    descriptor = table["StorageDescriptor"]
    columns = [(column["Name"], column.get("Type")) for column in descriptor.get("Columns", [])]
    return columns, descriptor.get("InputFormat"), descriptor.get("SerdeInfo", {}).get("SerializationLibrary")


def _settled(entity: Input) -> Any:
    """What makes a difference: the description, and the counts but for which crawl took them."""
    parameters = {key: value for key, value in entity.get("Parameters", {}).items() if key != "CRAWL_RUN_ID"}
    descriptor = entity["StorageDescriptor"]
    return _described(entity), descriptor.get("Location"), descriptor.get("Compressed"), parameters
