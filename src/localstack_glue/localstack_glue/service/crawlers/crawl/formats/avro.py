"""Avro object container files: the schema is JSON in the header, the number of records stands before each block.

"Obj\\x01", a map of bytes (avro.schema, avro.codec), 16 bytes of mark, blocks: count, size, data, mark
"""

from __future__ import annotations

import json
from typing import Any

from ..samples import Sample
from ..types import Array, Columns, Map, Struct, Type, merged_all
from . import Schema, counted

MAGIC = b"Obj\x01"
_MARK = 16
_PRIMITIVES = {
    "null": "null",
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "bytes": "binary",
    "string": "string",
    "enum": "string",
    "fixed": "binary",
}
_LOGICAL = {"date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp"}


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self._data, self.at = data, at

    def long(self) -> int:
        """Zigzag, seven bits a byte. Raises IndexError at the end of the data."""
        value = shift = 0
        while True:
            byte = self._data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def bytes(self) -> bytes:
        size = self.long()
        self.at += size
        if size < 0 or self.at > len(self._data):
            raise IndexError(size)
        return self._data[self.at - size : self.at]


def classify(sample: Sample, size: int) -> Schema | None:
    if not sample.data.startswith(MAGIC):
        return None
    reader = _Reader(sample.data, len(MAGIC))
    try:
        header = _map(reader)
        described = json.loads(header["avro.schema"])
        columns = _columns(described)
    except (IndexError, KeyError, ValueError, TypeError, AttributeError):
        return None
    begin = reader.at + _MARK
    seen, end = _records(reader, begin, len(sample.data))
    records, average = counted(seen, max(1, end - begin), sample.whole, sample.scaled(size))
    literal = {"avro.schema.literal": header["avro.schema"].decode()}
    return Schema(
        "avro", sample.compression, columns, records, average, literal, {**literal, "serialization.format": "1"}
    )


def _map(reader: _Reader) -> dict[str, bytes]:
    found = {}
    while count := reader.long():
        if count < 0:  # then the size of the block follows
            count = -count
            reader.long()
        for _ in range(count):
            name = reader.bytes().decode()
            found[name] = reader.bytes()
    return found


def _records(reader: _Reader, begin: int, size: int) -> tuple[int, int]:
    """Records in the blocks that are in the sample, and where the last of them ends."""
    seen, end = 0, begin
    reader.at = begin
    try:
        while end < size:
            count = reader.long()
            block = reader.long()  # first: it moves the reader itself
            reader.at += block + _MARK
            if reader.at > size or count < 0 or block < 0:
                break
            seen, end = seen + count, reader.at
    except IndexError:
        pass
    return seen, end


def _columns(schema: dict[str, Any]) -> Columns:
    names: dict[str, Type] = {}
    return {each["name"].lower(): _type(each["type"], names) for each in schema["fields"]}


def _type(kind: Any, names: dict[str, Type]) -> Type:
    if isinstance(kind, list):
        return merged_all([_type(each, names) for each in kind])
    if isinstance(kind, str):
        return _PRIMITIVES.get(kind) or names.get(kind, "string")
    if isinstance(kind["type"], (dict, list)):
        return _type(kind["type"], names)
    found = _complex(kind, names)
    if "name" in kind:
        names[kind["name"]] = found
    return found


def _complex(kind: dict[str, Any], names: dict[str, Type]) -> Type:
    base, logical = kind["type"], kind.get("logicalType")
    if logical == "decimal":
        return f"decimal({kind['precision']},{kind.get('scale', 0)})"
    if logical in _LOGICAL:
        return _LOGICAL[logical]
    if base == "record":
        return Struct({each["name"].lower(): _type(each["type"], names) for each in kind["fields"]})
    if base == "array":
        return Array(_type(kind["items"], names))
    if base == "map":
        return Map("string", _type(kind["values"], names))
    return _type(base, names)
