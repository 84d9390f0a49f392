"""What a classifier finds in a file, and how the catalog names its format.

    csv.py     delimiter, header, column types, and custom CSV classifiers      json.py    records, arrays, JSON paths
    arrow.py   Parquet and ORC, through pyarrow                                 avro.py    the header of an Avro file

A classifier gives a Schema, or None if the file is not in its format.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..types import Columns

UNKNOWN = "UNKNOWN"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
_HIVE = "org.apache.hadoop.hive."
LAZY_SIMPLE = _HIVE + "serde2.lazy.LazySimpleSerDe"
OPEN_CSV = _HIVE + "serde2.OpenCSVSerde"
# classification: input format, output format, SerDe
STORED_AS = {
    "csv": (*_TEXT, LAZY_SIMPLE),
    "json": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
    "parquet": (
        _HIVE + "ql.io.parquet.MapredParquetInputFormat",
        _HIVE + "ql.io.parquet.MapredParquetOutputFormat",
        _HIVE + "ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (_HIVE + "ql.io.orc.OrcInputFormat", _HIVE + "ql.io.orc.OrcOutputFormat", _HIVE + "ql.io.orc.OrcSerde"),
    "avro": (
        _HIVE + "ql.io.avro.AvroContainerInputFormat",
        _HIVE + "ql.io.avro.AvroContainerOutputFormat",
        _HIVE + "serde2.avro.AvroSerDe",
    ),
}


@dataclass(frozen=True)
class Schema:
    """What one file, or all files of a table, look like.

    `parameters` are the table's beyond those that every table has (delimiter, ...), `serde` the SerDe's parameters,
    `library` the SerDe if it is not the one of the classification. `records` may be an estimate; `record_size` is in bytes
    of decompressed content."""

    classification: str
    compression: str = "none"
    columns: Columns = field(default_factory=dict)
    records: int = 0
    record_size: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    serde: dict[str, str] = field(default_factory=dict)
    library: str = ""


def unknown(compression: str = "none") -> Schema:
    return Schema(UNKNOWN, compression)


def counted(seen: int, data: int, whole: bool, size: int) -> tuple[int, int]:
    """Records of a file and bytes of one: `seen` in the first `data` bytes; `size` is the (estimated) size of it all."""
    average = max(1, data // seen) if seen else 0
    return (seen if whole or not seen else max(seen, size // average)), average
