"""CSV, as the guide describes the built-in classifier, and custom CSV classifiers.

delimiters   comma, pipe, tab, semicolon, Ctrl-A; at least two columns and two rows
header       every cell of the first row is a string, shorter than 150 characters (the last one may be empty) and
             can be a column's name, and some other row has a cell that is not a string
SerDe        LazySimpleSerDe, also where cells are quoted: only a custom classifier makes it OpenCSVSerde
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..samples import Sample
from ..types import NULL, STRING, Columns, Type, merged
from . import LAZY_SIMPLE, OPEN_CSV, Schema, counted

DELIMITERS = (",", "|", "\t", ";", "\x01")
MOST_ROWS = 1000
_LONGEST_NAME = 150
_STEADY = 0.9  # of all rows have as many cells as most rows
_INTEGER = re.compile(r"[+-]?\d{1,19}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NAME = re.compile(r"[ -\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF\t]+")
_NOT_TEXT = re.compile(r"[\x00\x02-\x08\x0b\x0e-\x1f]")
Rows = list[list[str]]


def classify(sample: Sample, size: int, custom: Mapping[str, Any] | None = None) -> Schema | None:
    """`custom` is the CsvClassifier that a user made."""
    custom = custom or {}
    text = _text(sample)
    if text is None:
        return None
    quote = custom.get("QuoteSymbol") or '"'
    delimiter = custom.get("Delimiter") or _delimiter(text, quote, bool(custom.get("AllowSingleColumn")))
    if not delimiter:
        return None
    rows, used = _rows(text, delimiter, quote)
    width = _width(rows)
    if not custom and (width < 2 or len(rows) < 2):
        return None
    if custom and (not rows or (width < 2 and not custom.get("AllowSingleColumn"))):
        return None
    header = _header(rows, width, custom)
    data = rows[1:] if header == "first" else rows
    names = _names(rows[0] if header == "first" else custom.get("Header") or [], width)
    columns = _typed(names, data, custom)
    records, average = counted(len(data), used, sample.whole and len(rows) < MOST_ROWS, sample.scaled(size))
    quoted = quote in text[:used] and _quoted(text[:used], delimiter, quote)
    return Schema(
        "csv",
        sample.compression,
        columns,
        records,
        average,
        _parameters(delimiter, quoted, header == "first"),
        *_serde(delimiter, quote, quoted, custom),
    )


def _parameters(delimiter: str, quoted: bool, header: bool) -> dict[str, str]:
    return {
        "delimiter": delimiter,
        "columnsOrdered": "true",
        "areColumnsQuoted": str(quoted).lower(),
        **({"skip.header.line.count": "1"} if header else {}),
    }


def _serde(delimiter: str, quote: str, quoted: bool, custom: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    asked = custom.get("Serde") or "None"
    if custom and (asked == "OpenCSVSerDe" or (asked == "None" and quoted)):
        return {"separatorChar": delimiter, "quoteChar": quote, "serialization.format": "1"}, OPEN_CSV
    return {"field.delim": delimiter}, LAZY_SIMPLE


def _text(sample: Sample) -> str | None:
    """The rows of the sample that are whole; None if it is not text in UTF-8."""
    data = sample.data if sample.whole else sample.data[: sample.data.rfind(b"\n") + 1]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if _NOT_TEXT.search(text) else text


def _delimiter(text: str, quote: str, single: bool) -> str:
    """The one that cuts most rows into the same number of cells, at least two; "" if none does."""
    best, best_score = ("," if single else ""), (0.0, 0)
    for candidate in DELIMITERS:
        rows, _ = _rows(text, candidate, quote)
        width = _width(rows)
        share = sum(len(row) == width for row in rows) / len(rows) if rows else 0.0
        if width >= 2 and share >= _STEADY and (share, width) > best_score:
            best, best_score = candidate, (share, width)
    return best


def _rows(text: str, delimiter: str, quote: str) -> tuple[Rows, int]:
    """The first rows, without empty ones, and how many bytes of the text they are."""
    rows: Rows = []
    lines = io.StringIO(text, newline="")
    try:
        for row in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            if row:
                rows.append(row)
            if len(rows) == MOST_ROWS:
                break
    except csv.Error:  # a cell of more than 128 KiB, say
        return [], 0
    return rows, len(text[: lines.tell()].encode())


def _width(rows: Rows) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0] if rows else 0


def _header(rows: Rows, width: int, custom: Mapping[str, Any]) -> str:
    """ "first" if the first row is one, else ""."""
    said = custom.get("ContainsHeader") or "UNKNOWN"
    if said != "UNKNOWN":
        return "first" if said == "PRESENT" else ""
    if custom.get("Header"):
        return "first" if [cell.strip() for cell in rows[0]] == list(custom["Header"]) else ""
    first = rows[0]
    named = all(_kind(cell) == STRING and len(cell) < _LONGEST_NAME and _NAME.fullmatch(cell) for cell in first[:-1])
    last = first[-1] == "" or (_kind(first[-1]) == STRING and _NAME.fullmatch(first[-1]))
    differs = any(_kind(cell) not in (STRING, NULL) for row in rows[1:] for cell in row)
    return "first" if len(first) == width and named and last and differs else ""


def _names(given: list[str], width: int) -> list[str]:
    names: list[str] = []
    for at in range(width):
        name = given[at].strip().lower() if at < len(given) else ""
        name = name or f"col{at}"
        names.append(name if name not in names else f"{name}_{at}")
    return names


def _typed(names: list[str], rows: Rows, custom: Mapping[str, Any]) -> Columns:
    types: list[Type] = [NULL] * len(names)
    for row in rows:
        for at, cell in enumerate(row[: len(names)]):
            types[at] = merged(types[at], _kind(cell))
    asked = (
        [kind.lower() for kind in custom.get("CustomDatatypes") or []] if custom.get("CustomDatatypeConfigured") else []
    )
    types[: len(asked)] = [{"long": "bigint", "integer": "int"}.get(kind, kind) for kind in asked[: len(types)]]
    return dict(zip(names, types))


def _kind(cell: str) -> Type:
    cell = cell.strip()
    if not cell:
        return NULL
    if _INTEGER.fullmatch(cell) and -(1 << 63) <= int(cell) < 1 << 63:
        return "bigint"
    if _NUMBER.fullmatch(cell):
        return "double"
    return "boolean" if cell.lower() in ("true", "false") else STRING


def _quoted(text: str, delimiter: str, quote: str) -> bool:
    edge = f"(?:^|{re.escape(delimiter)}){re.escape(quote)}"
    return re.search(edge, text, re.MULTILINE) is not None
