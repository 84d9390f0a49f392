"""CatalogTargets: existing tables, whose own location is read again. No table is made or deleted; the schema may change as
the policy says, and partitions are added. The guide: "CombineCompatibleSchemas is on and cannot be turned off"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .grouping import Dataset, File, Grouping
from .objects import Place, Unreachable
from .tables import Tables


class OneTable(Tables):
    """Whatever is found belongs to one table: `prefix` is its whole name."""

    def name(self, dataset: Dataset) -> str:
        return self.prefix


def place_of(glue: Any, database: str, name: str) -> Place:
    """Where a table lies. Raises Unreachable if there is no such table, or if it is not in S3."""
    try:
        table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        raise Unreachable(f"Table {database}.{name}, a target of this crawler, does not exist") from None
    return Place.parse(table["StorageDescriptor"].get("Location", ""))


def dataset_of(place: Place, files: Sequence[File]) -> Dataset | None:
    """What lies there as one dataset; None if it is not one."""
    found = Grouping(combine=True).datasets(place, files)
    return next((each for each in found if each.root == place.path), None)
