"""Parquet and ORC: the schema from the file's own metadata, by pyarrow; no data is read."""

from __future__ import annotations

from typing import Any

from ..objects import ObjectReader
from ..types import Array, Columns, Map, Struct, Type
from . import Schema

_PRIMITIVES = {
    "bool": "boolean",
    "int8": "tinyint",
    "uint8": "smallint",
    "int16": "smallint",
    "uint16": "int",
    "int32": "int",
    "uint32": "bigint",
    "int64": "bigint",
    "uint64": "bigint",
    "halffloat": "float",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
    "date64[ms]": "date",
    "null": "string",
}


def parquet(reader: ObjectReader) -> Schema | None:
    """None for a file that pyarrow refuses."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(pyarrow.PythonFile(reader, "r"))
        found = file.metadata
        groups = [found.row_group(at) for at in range(found.num_row_groups)]
        size = sum(group.column(at).total_compressed_size for group in groups for at in range(group.num_columns))
        return Schema(
            "parquet",
            columns=_columns(file.schema_arrow),
            records=found.num_rows,
            record_size=size // found.num_rows if found.num_rows else 0,
            serde={"serialization.format": "1"},
        )
    except (pyarrow.ArrowException, OSError):
        return None


def orc(reader: ObjectReader, size: int) -> Schema | None:
    """None for a file that pyarrow refuses."""
    import pyarrow
    from pyarrow.orc import ORCFile

    try:
        file = ORCFile(pyarrow.PythonFile(reader, "r"))
        return Schema(
            "orc",
            columns=_columns(file.schema),
            records=file.nrows,
            record_size=size // file.nrows if file.nrows else 0,
        )
    except (pyarrow.ArrowException, OSError):
        return None


def _columns(schema: Any) -> Columns:
    return {field.name.lower(): _type(field.type) for field in schema}


def _type(kind: Any) -> Type:
    from pyarrow import types

    if types.is_struct(kind):
        return Struct({kind.field(at).name.lower(): _type(kind.field(at).type) for at in range(kind.num_fields)})
    if types.is_map(kind):
        return Map(_type(kind.key_type), _type(kind.item_type))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return Array(_type(kind.value_type))
    return _type(kind.value_type) if types.is_dictionary(kind) else _primitive(kind)


def _primitive(kind: Any) -> str:
    from pyarrow import types

    if types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_timestamp(kind):
        return "timestamp"
    if types.is_fixed_size_binary(kind):
        return "binary"
    return _PRIMITIVES.get(str(kind), "bigint" if types.is_time(kind) else "string")
