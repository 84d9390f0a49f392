"""Column types: what is inferred from values, merged over records and files, and written as Hive writes them.

A type is one of

    "int", "bigint", "double", "boolean", "string", "timestamp", "decimal(10,2)", ...    a primitive, in Hive's spelling
    NULL                                                                                 nothing but nulls was seen
    Array(item)
    Struct({name: type})
    Map(key, value)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

NULL = "null"
STRING = "string"
# Each number goes into those after it without a loss that AWS's crawlers would mind.
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
_JSON_SCALARS: Mapping[type, str] = {type(None): NULL, bool: "boolean", float: "double", str: STRING}
_INT, _BIGINT = 1 << 31, 1 << 63


@dataclass(frozen=True)
class Array:
    item: Type


@dataclass(frozen=True)
class Map:
    key: Type
    value: Type


@dataclass(frozen=True)
class Struct:
    fields: Mapping[str, Type] = field(default_factory=dict)


Type = Union[str, Array, Map, Struct]
Columns = dict[str, Type]
"""Name (lower case) to type, in the order of their first appearance."""


def of_json(value: Any) -> Type:
    """The type of a value that json.loads gave. Integers are int, or bigint if they do not fit, as AWS names them."""
    if isinstance(value, list):
        return Array(merged_all([of_json(item) for item in value]))
    if isinstance(value, dict):
        return Struct(columns_of_json(value))
    return _integer(value) if type(value) is int else _JSON_SCALARS[type(value)]


def columns_of_json(record: Mapping[str, Any]) -> Columns:
    columns: Columns = {}
    for name, value in record.items():
        add(columns, name.lower(), of_json(value))
    return columns


def _integer(value: int) -> Type:
    if -_INT <= value < _INT:
        return "int"
    return "bigint" if -_BIGINT <= value < _BIGINT else "double"


def add(columns: Columns, name: str, kind: Type) -> None:
    columns[name] = merged(columns[name], kind) if name in columns else kind


def merged_all(kinds: list[Type]) -> Type:
    result: Type = NULL
    for kind in kinds:
        result = merged(result, kind)
    return result


def merged(one: Type, other: Type) -> Type:
    """The type that holds values of both: the wider number, the union of fields, and string where nothing else does."""
    if other in (one, NULL):
        return one
    if one == NULL:
        return other
    if one in _NUMBERS and other in _NUMBERS:
        return _wider(str(one), str(other))
    return _merged_nested(one, other)


def _merged_nested(one: Type, other: Type) -> Type:
    if isinstance(one, Struct) and isinstance(other, Struct):
        return Struct(merged_columns(one.fields, other.fields))
    if isinstance(one, Array) and isinstance(other, Array):
        return Array(merged(one.item, other.item))
    if isinstance(one, Map) and isinstance(other, Map):
        return Map(merged(one.key, other.key), merged(one.value, other.value))
    return STRING


def _wider(one: str, other: str) -> str:
    wider = max(one, other, key=_NUMBERS.index)
    return "double" if wider == "float" and {one, other} & {"int", "bigint"} else wider


def merged_columns(one: Mapping[str, Type], other: Mapping[str, Type]) -> Columns:
    columns = dict(one)
    for name, kind in other.items():
        add(columns, name, kind)
    return columns


def compatible(one: Type, other: Type) -> bool:
    """Whether a column of both types can be one column without becoming a string."""
    return one == other or merged(one, other) != STRING


def similarity(one: Mapping[str, Type], other: Mapping[str, Type]) -> float:
    """How much of the larger schema both have: columns of the same name whose types are compatible. From 0 to 1."""
    if not one and not other:
        return 1.0
    shared = sum(name in other and compatible(kind, other[name]) for name, kind in one.items())
    return shared / max(len(one), len(other))


def hive(kind: Type) -> str:
    """`kind` as the catalog has it. What only ever was null is a string."""
    if isinstance(kind, Array):
        return f"array<{hive(kind.item)}>"
    if isinstance(kind, Map):
        return f"map<{hive(kind.key)},{hive(kind.value)}>"
    if isinstance(kind, Struct):
        return f"struct<{','.join(f'{name}:{hive(inner)}' for name, inner in kind.fields.items())}>"
    return STRING if kind == NULL else kind
