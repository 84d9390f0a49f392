"""SearchTables: which tables a search finds, and in which order. Works on tables in AWS's shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..errors import InvalidInput

Table = Mapping[str, Any]
_TIMES = ("CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "EQUALS": lambda one, other: one == other,
    "GREATER_THAN": lambda one, other: one > other,
    "LESS_THAN": lambda one, other: one < other,
    "GREATER_THAN_EQUALS": lambda one, other: one >= other,
    "LESS_THAN_EQUALS": lambda one, other: one <= other,
}


def found(tables: Sequence[Table], filters: Sequence[Mapping[str, str]], text: str | None) -> list[Table]:
    """Those that every filter and the text fit. Raises InvalidInput for a time that is none."""
    return [table for table in tables if all(_fits(table, one) for one in filters) and _says(table, text)]


def ordered(tables: Sequence[Table], criteria: Sequence[Mapping[str, str]]) -> list[Table]:
    """Sorted by database and name, and before that by the criteria. Those without the field come last."""
    result = sorted(tables, key=lambda table: (table["DatabaseName"], table["Name"]))
    for one in reversed(criteria):
        field = _member(one.get("FieldName") or "Name")
        having = [table for table in result if table.get(field) is not None]
        having.sort(key=lambda table: _comparable(table[field]), reverse=one.get("Sort") == "DESC")
        result = having + [table for table in result if table.get(field) is None]
    return result


def _fits(table: Table, wanted: Mapping[str, str]) -> bool:
    """A PropertyPredicate. Comparators are for times; a string fits if it, or one of the words it is made of, is the
    value. What is no member of a table is looked for among its parameters."""
    key, value = wanted.get("Key") or "Name", wanted.get("Value") or ""
    member = _member(key)
    if member in _TIMES:
        if member not in table:
            return False
        return _COMPARE[wanted.get("Comparator") or "EQUALS"](_seconds(table[member]), _time(value))
    actual = table.get(member)
    if actual is None:
        parameters = {**(table.get("StorageDescriptor") or {}).get("Parameters", {}), **(table.get("Parameters") or {})}
        actual = parameters.get(key)
    if actual is None and member == "Location":
        actual = (table.get("StorageDescriptor") or {}).get("Location")
    return actual is not None and value.lower() in (str(actual).lower(), *_words(str(actual)))


def _says(table: Table, text: str | None) -> bool:
    """Whether one of the table's texts is a "quoted text", or, without quotes, contains it."""
    if not text:
        return True
    exact = len(text) > 2 and text[0] == text[-1] and text[0] in "\"'"
    wanted = (text[1:-1] if exact else text).lower()
    return any(one.lower() == wanted if exact else wanted in one.lower() for one in _texts(table))


def _texts(table: Table) -> Iterator[str]:
    storage = table.get("StorageDescriptor") or {}
    for member in ("Name", "DatabaseName", "Description", "Owner", "TableType"):
        yield str(table.get(member) or "")
    yield str(storage.get("Location") or "")
    for column in [*(storage.get("Columns") or []), *(table.get("PartitionKeys") or [])]:
        yield column["Name"]
        yield column.get("Comment") or ""
    for key, value in (table.get("Parameters") or {}).items():
        yield key
        yield value


def _words(text: str) -> list[str]:
    return re.split(r"[^0-9a-z]+", text.lower())


def _member(key: str) -> str:
    """`name`, `Name` and `createTime` name members of a table; `last_updated` does not."""
    return key[:1].upper() + key[1:]


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return (0, _seconds(value))
    return (0, value) if isinstance(value, (int, float)) else (1, str(value).lower())


def _seconds(value: Any) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)


def _time(value: str) -> float:
    """Seconds since the epoch, or a date and time of ISO 8601."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise InvalidInput(f"{value} is not a time.") from None
    return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp()
