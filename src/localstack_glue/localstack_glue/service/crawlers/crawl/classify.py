"""Which format a file has: custom classifiers first, in the crawler's order, then the built-in ones in AWS's order
(Avro, ORC, Parquet, JSON, CSV). A file that none recognises has the classification UNKNOWN and no columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import samples
from .formats import Schema, arrow, avro, csv, json, unknown
from .log import CrawlLog
from .objects import Object, Store
from .samples import Sample, Unreadable


class Classifiers:
    """`custom` are Classifier structures of the API; Csv and Json ones are understood (see engine.py for others)."""

    def __init__(self, store: Store, custom: Sequence[Mapping[str, Any]], log: CrawlLog) -> None:
        self._store, self._custom, self._log = store, custom, log

    def schema(self, found: Object) -> Schema:
        try:
            sample = samples.take(self._store, found)
        except Unreadable as problem:
            self._log.warn(f"{found.uri} could not be read: {problem}")
            return unknown()
        schema = self._recognised(found, sample)
        if schema is None and not sample.whole:
            # One record longer than a megabyte, or a file that begins with much that is none.
            schema = self._recognised(found, samples.take(self._store, found, samples.MOST))
        if schema is None:
            self._log.warn(f"No classifier recognises {found.uri}: its classification is UNKNOWN")
        return schema or unknown(sample.compression)

    def _recognised(self, found: Object, sample: Sample) -> Schema | None:
        return self._by_custom(found, sample) or self._by_built_in(found, sample)

    def _by_custom(self, found: Object, sample: Sample) -> Schema | None:
        for each in self._custom:
            schema = None
            if "CsvClassifier" in each:
                schema = csv.classify(sample, found.size, each["CsvClassifier"])
            elif "JsonClassifier" in each:
                schema = json.classify(sample, found.size, each["JsonClassifier"]["JsonPath"])
            if schema:
                return schema
        return None

    def _by_built_in(self, found: Object, sample: Sample) -> Schema | None:
        begins = sample.data[:4]
        if begins == avro.MAGIC:
            return avro.classify(sample, found.size)
        if begins.startswith(b"ORC") and sample.compression == "none":
            return arrow.orc(self._store.reader(found), found.size)
        if begins == b"PAR1" and sample.compression == "none":
            return arrow.parquet(self._store.reader(found))
        return json.classify(sample, found.size) or csv.classify(sample, found.size)
