"""JSON: one object after the other, usually a line each, or one array, which AWS makes a single column named `array`.

Lines that are no JSON do not keep a file from being recognised, as long as fewer than half are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..samples import Sample
from ..types import Array, Columns, Type, add, columns_of_json, merged, of_json
from . import Schema, counted

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s,]*")
_STEP = re.compile(r"\[\*\]|\[\d+\]|\.?([^.\[\]]+)|\.\*")
_BROKEN = object()


def classify(sample: Sample, size: int, path: str = "") -> Schema | None:
    """`path` is the JsonPath of a custom classifier: the records are what it names."""
    text = _text(sample)
    if text is None or not text.lstrip().startswith(("{", "[")):
        return None
    if path:
        return _by_path(sample, size, text, path)
    if text.lstrip().startswith("["):
        return _array(sample, size, text)
    columns: Columns = {}
    good = bad = 0
    for value in _values(text, sample.whole):
        if isinstance(value, dict):
            good += 1
            for name, kind in columns_of_json(value).items():
                add(columns, name, kind)
        else:
            bad += 1
    if not good or bad >= good:
        return None
    return _schema(sample, size, columns, good)


def _array(sample: Sample, size: int, text: str) -> Schema | None:
    item: Type | None = None
    for value in _elements(text):
        if value is _BROKEN:
            if sample.whole:
                return None
            break
        item = of_json(value) if item is None else merged(item, of_json(value))
    return None if item is None else _schema(sample, size, {"array": Array(item)}, 1)


def _by_path(sample: Sample, size: int, text: str, path: str) -> Schema | None:
    columns: Columns = {}
    good = 0
    documents = _elements(text) if text.lstrip().startswith("[") else _values(text, sample.whole)
    if text.lstrip().startswith("["):  # the elements are read one by one: the first step of the path is taken
        path = re.sub(r"^\$(\[\*\]|\[\d+\])", "$", path)
    for document in documents:
        for value in _at(document, path) if document is not _BROKEN else ():
            good += 1
            for name, kind in columns_of_json(value if isinstance(value, dict) else {"value": value}).items():
                add(columns, name, kind)
    return _schema(sample, size, columns, good) if good else None


def _at(document: Any, path: str) -> Iterator[Any]:
    found = [document]
    for step in _STEP.finditer(path.removeprefix("$")):
        word, name = step[0], step[1]
        if word in ("[*]", ".*"):
            found = [i for each in found for i in (each.values() if isinstance(each, dict) else _listed(each))]
        elif word.startswith("["):
            found = [each[int(word[1:-1])] for each in found if len(_listed(each)) > int(word[1:-1])]
        else:
            found = [each[name] for each in found if isinstance(each, dict) and name in each]
    return iter(found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _schema(sample: Sample, size: int, columns: Columns, seen: int) -> Schema:
    records, average = counted(seen, len(sample.data), sample.whole, sample.scaled(size))
    return Schema("json", sample.compression, columns, records, average, serde={"paths": ",".join(sorted(columns))})


def _text(sample: Sample) -> str | None:
    try:
        return sample.data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        # the sample may end within a character, and only there
        if sample.whole or problem.start < len(sample.data) - 4:
            return None
        return sample.data[: problem.start].decode("utf-8-sig")


def _values(text: str, whole: bool) -> Iterator[Any]:
    """Objects that follow each other; _BROKEN for what is none, and on with the next line. What the sample cuts off at
    its end is not held against the file."""
    at = _SPACE.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            line_end = text.find("\n", at)
            if line_end < 0:
                if whole:
                    yield _BROKEN
                return
            yield _BROKEN
            at = line_end + 1
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _elements(text: str) -> Iterator[Any]:
    """The elements of the array that `text` begins with; _BROKEN where it ends too early."""
    at = _SPACE.match(text, text.index("[") + 1).end()  # type: ignore[union-attr]
    while at < len(text) and text[at] != "]":
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield _BROKEN
            return
        yield value
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
    if at >= len(text):
        yield _BROKEN
