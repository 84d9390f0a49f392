"""Tables and their versions, on moto's FakeTable. Versions are numbered from 0, as on AWS."""

from __future__ import annotations

import time
from typing import Any

from . import errors
from .backend import extras, given, kept

Shown = dict[str, Any]


def created(database: Any, definition: Shown) -> Any:
    """A FakeTable of `definition` (a TableInput), put into its database."""
    from moto.glue.models import FakeTable

    table = FakeTable(database.name, definition["Name"], definition, database.catalog_id)
    table._current_version = 0
    table.versions = {"0": definition}
    extras(table, "updates")["0"] = time.time()
    database.tables[table.name] = table
    return table


def update(table: Any, definition: Shown, expected: str | None, keep_old: bool) -> None:
    """A new current version. Raises ConcurrentModification if the current one is not `expected`."""
    current = version(table)
    if expected is not None and expected != current:
        raise errors.table_changed()
    updates = extras(table, "updates")
    if not keep_old:
        table.versions.pop(current)
        updates.pop(current, None)
    table.update(definition)
    updates[version(table)] = time.time()


def version(table: Any) -> str:
    """The current one."""
    return str(table._current_version)


def versions(table: Any) -> list[Shown]:
    """As TableVersions, the newest first."""
    return [versioned(table, number) for number in sorted(table.versions, key=int, reverse=True)]


def versioned(table: Any, wanted: str | None) -> Shown:
    """A TableVersion, the current one if none is wanted. Raises InvalidInput, EntityNotFound."""
    number = _known(table, wanted or version(table))
    return {"Table": shown(table, number), "VersionId": number}


def delete_version(table: Any, number: str) -> None:
    """Raises InvalidInput for the current one and for what is no number, EntityNotFound."""
    if _known(table, number) == version(table):
        raise errors.current_version()
    table.versions.pop(number)
    extras(table, "updates").pop(number, None)


def shown(table: Any, number: str | None = None) -> Shown:
    """As a Table, in its current version or another."""
    from moto.core.utils import unix_time

    number = number or version(table)
    made = unix_time(table.created_time)
    return {
        "Retention": 0,
        **given(table.versions[number]),
        "Name": table.name,
        "DatabaseName": table.database_name,
        "CatalogId": table.catalog_id,
        "CreateTime": made,
        "UpdateTime": kept(table, "updates").get(number, made),
        "IsRegisteredWithLakeFormation": False,
        "VersionId": number,
    }


def definition_of(table: Any) -> Shown:
    """The TableInput of the current version; do not change it."""
    found: Shown = table.versions[version(table)]
    return found


def partition_keys(table: Any) -> list[dict[str, str]]:
    return definition_of(table).get("PartitionKeys") or []


def columns(table: Any) -> set[str]:
    """The names of all columns, those of partition keys too, in lower case."""
    stored = (definition_of(table).get("StorageDescriptor") or {}).get("Columns") or []
    return {column["Name"].lower() for column in [*stored, *partition_keys(table)]}


def _known(table: Any, number: str) -> str:
    if not number.isdigit():
        raise errors.not_a_version(number)
    if number not in table.versions:
        raise errors.version_not_found()
    return number
