"""Partitions, on moto's FakePartition."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from . import errors
from .backend import given, motos_errors
from .tables import partition_keys

Shown = dict[str, Any]
Values = Sequence[str]


def create(table: Any, definition: Shown) -> None:
    """Raises InvalidInput, AlreadyExists."""
    from moto.glue.models import FakePartition

    values = _values(table, definition)
    if _key(values) in table.partitions:
        raise errors.partition_exists()
    table.partitions[_key(values)] = FakePartition(table.database_name, table.name, definition)


def find(table: Any, values: Values) -> Any:
    """moto's FakePartition. Raises EntityNotFound."""
    found = table.partitions.get(_key(values))
    if found is None:
        raise errors.partition_not_found()
    return found


def update(table: Any, old: Values, definition: Shown, missing: Callable[[Values], Exception]) -> None:
    """Replaces a definition, perhaps with other values; what else is kept of the partition stays. Raises
    `missing(old)`, InvalidInput, AlreadyExists (then nothing has changed)."""
    found = table.partitions.get(_key(old))
    if found is None:
        raise missing(old)
    new = _values(table, {"Values": list(old), **definition})
    if new != list(old):
        if _key(new) in table.partitions:
            raise errors.partition_exists()
        table.partitions.pop(_key(old))
        table.partitions[_key(new)] = found
    found.partition_input, found.values = {**definition, "Values": new}, new


def delete(table: Any, values: Values) -> None:
    """Raises EntityNotFound."""
    find(table, values)
    table.partitions.pop(_key(values))


def selected(table: Any, expression: str | None, segment: Shown | None) -> list[Any]:
    """The FakePartitions that an expression and a segment select. Raises InvalidInput, InvalidState."""
    found = list(table.partitions.values())
    if segment:
        number, total = segment["SegmentNumber"], segment["TotalSegments"]
        if number >= total:
            raise errors.segment()
        found = [partition for partition in found if _hash(partition.values) % total == number]
    return found if not (expression or "").strip() else _filtered(table, str(expression), found)


def shown(partition: Any, catalog_id: str, with_columns: bool = True) -> Shown:
    """As a Partition."""
    answer = {
        **given(partition.partition_input),
        "Values": list(partition.values),
        "DatabaseName": partition.database_name,
        "TableName": partition.table_name,
        "CreationTime": partition.creation_time,
        "CatalogId": catalog_id,
    }
    if not with_columns and "StorageDescriptor" in answer:
        answer["StorageDescriptor"].pop("Columns", None)
    return answer


def order(partition: Any) -> str:
    """What partitions are sorted by: their values, one after the other."""
    return "\0".join(partition.values)


def _filtered(table: Any, expression: str, partitions: list[Any]) -> list[Any]:
    """moto knows the grammar; it is given types it knows, the current version's."""
    from moto.glue.utils import _PARTITION_FILTER_EXPRESSION_CACHE, PartitionFilter

    keys = [{**key, "Type": _base_type(key.get("Type") or "string")} for key in partition_keys(table)]
    select = PartitionFilter(expression, SimpleNamespace(versions={"current": {"PartitionKeys": keys}}))
    with motos_errors():
        _PARTITION_FILTER_EXPRESSION_CACHE.get(expression)  # an expression is checked, partitions or not
        return [partition for partition in partitions if select(partition)]


def _base_type(name: str) -> str:
    """`decimal(10,2)` is a decimal, `long` a bigint."""
    base = re.sub(r"\(.*\)", "", name.strip().lower())
    return {"long": "bigint", "integer": "int"}.get(base, base)


def _values(table: Any, definition: Shown) -> list[str]:
    values = list(definition.get("Values") or [])
    if not values or len(values) != len(partition_keys(table)):
        raise errors.partition_values()
    return values


def _key(values: Values) -> str:
    return str(list(values))  # as moto has it


def _hash(values: Values) -> int:
    return zlib.crc32("\0".join(values).encode())
