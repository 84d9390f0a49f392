"""Datasets as the catalog has them: TableInput and PartitionInput."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .formats import STORED_AS, UNKNOWN, Schema
from .grouping import Dataset, File, Part, common
from .types import hive

Input = dict[str, Any]
DEPRECATED = "DEPRECATED_BY_CRAWLER"
UPDATED_BY = "UPDATED_BY_CRAWLER"
_PLACES = ("Location", "Parameters")


@dataclass(frozen=True)
class Tables:
    """Writes the inputs of one crawl."""

    crawler: str
    crawl_id: str
    prefix: str = ""

    def name(self, dataset: Dataset) -> str:
        base = dataset.root.rpartition("/")[2] or dataset.bucket
        return self.prefix.lower() + re.sub(r"[^\w]", "_", base.lower())

    def table(self, name: str, dataset: Dataset) -> Input:
        descriptor = self._descriptor(dataset.location, dataset.schema, dataset.files)
        return {
            "Name": name,
            "Owner": "owner",
            "Retention": 0,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": descriptor,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in dataset.partition_keys],
            "Parameters": {**descriptor["Parameters"], "CRAWL_RUN_ID": self.crawl_id},
        }

    def partition(self, dataset: Dataset, part: Part, inherited: Input | None) -> Input:
        """`inherited` is the StorageDescriptor of the table, where partitions take theirs from it."""
        schema = common(file.schema for file in part.files)
        location = f"s3://{dataset.bucket}/{part.folder}/"
        descriptor = self._descriptor(location, schema, list(part.files))
        if inherited:
            descriptor = {**inherited, **{key: descriptor[key] for key in _PLACES}}
        return {
            "Values": list(part.values),
            "StorageDescriptor": descriptor,
            "Parameters": dict(descriptor["Parameters"]),
        }

    def _descriptor(self, location: str, schema: Schema, files: list[File]) -> Input:
        known = schema.classification != UNKNOWN
        stored = STORED_AS.get(schema.classification, ("", "", ""))
        columns = [{"Name": name, "Type": hive(kind)} for name, kind in schema.columns.items()]
        return {
            "Columns": columns,
            "Location": location,
            **({"InputFormat": stored[0], "OutputFormat": stored[1]} if known else {}),
            "Compressed": schema.compression != "none",
            "NumberOfBuckets": -1,
            "SerdeInfo": {
                **({"SerializationLibrary": schema.library or stored[2]} if known else {}),
                "Parameters": dict(schema.serde),
            },
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": {
                "CrawlerSchemaDeserializerVersion": "1.0",
                "CrawlerSchemaSerializerVersion": "1.0",
                UPDATED_BY: self.crawler,
                "averageRecordSize": str(schema.record_size),
                "classification": schema.classification,
                "compressionType": schema.compression,
                "objectCount": str(len(files)),
                "recordCount": str(schema.records),
                "sizeKey": str(sum(file.object.size for file in files)),
                "typeOfData": "file",
                **schema.parameters,
            },
            "StoredAsSubDirectories": False,
        }
