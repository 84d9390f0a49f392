"""What tests of crawlers share: real files in LocalStack's S3, a crawler over them, and what it wrote into the catalog."""

from __future__ import annotations

import bz2
import gzip
import json
import uuid
from collections.abc import Mapping
from typing import Any

from tests.glue.service.conftest import Account
from tests.support.localstack import VENVS, run_python
from tests.support.polling import wait_until

PEOPLE = "Name,Age,Height,Member\nAda,36,1.7,true\nBob,41,1.82,false\nCleo,29,1.65,true\n"
_WRITE_PARQUET = """
import base64, io, sys
import pyarrow, pyarrow.orc, pyarrow.parquet
from datetime import date, datetime
from decimal import Decimal
table = pyarrow.table({
    "Id": pyarrow.array([1, 2, 3], pyarrow.int64()),
    "small": pyarrow.array([1, 2, 3], pyarrow.int32()),
    "price": pyarrow.array([Decimal("1.50"), None, Decimal("2.25")], pyarrow.decimal128(10, 2)),
    "day": pyarrow.array([date(2023, 4, 29)] * 3, pyarrow.date32()),
    "at": pyarrow.array([datetime(2023, 4, 29, 12)] * 3, pyarrow.timestamp("us")),
    "tags": pyarrow.array([["a"], [], None], pyarrow.list_(pyarrow.string())),
    "place": pyarrow.array([{"Lat": 1.5, "name": "x"}] * 3),
})
target = io.BytesIO()
if sys.argv[1] == "orc":
    pyarrow.orc.write_table(table, target)
else:
    pyarrow.parquet.write_table(table, target)
print(base64.b64encode(target.getvalue()).decode())
"""


def columnar(kind: str) -> bytes:
    """A Parquet or ORC file of three rows, made by pyarrow."""
    import base64

    return base64.b64decode(run_python(VENVS / "localstack/bin/python", _WRITE_PARQUET, kind))


def json_lines(*records: Any) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


class Crawling:
    """One bucket, one database and crawlers over them, all new."""

    def __init__(self, api: Account) -> None:
        self.api, self.glue, self.s3 = api, api.glue, api.s3
        mark = uuid.uuid4().hex[:10]
        self.bucket, self.database = f"data-{mark}", f"db_{mark}"
        self.s3.create_bucket(Bucket=self.bucket)

    def files(self, content: Mapping[str, str | bytes]) -> None:
        """Key to content; what ends in .gz or .bz2 is compressed here."""
        for key, body in content.items():
            data = body.encode() if isinstance(body, str) else body
            data = gzip.compress(data) if key.endswith(".gz") else bz2.compress(data) if key.endswith(".bz2") else data
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def remove(self, *keys: str) -> None:
        for key in keys:
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def crawler(self, *prefixes: str, **definition: Any) -> str:
        """The name of a new crawler over these prefixes of the bucket."""
        name = f"crawler-{uuid.uuid4().hex[:10]}"
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{prefix}"} for prefix in prefixes]}
        wanted = {"Name": name, "Role": "role", "DatabaseName": self.database, "Targets": targets, **definition}
        self.glue.create_crawler(**wanted)
        return name

    def crawled(self, name: str, status: str = "SUCCEEDED") -> dict[str, Any]:
        """The crawler after a crawl, which must end like that."""
        self.glue.start_crawler(Name=name)
        crawler = self.ready(name)
        assert crawler["LastCrawl"]["Status"] == status, crawler["LastCrawl"]
        return crawler

    def ready(self, name: str, seconds: float = 60) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            crawler = self.glue.get_crawler(Name=name)["Crawler"]
            return crawler if crawler["State"] == "READY" else None

        return wait_until(found, seconds, f"crawler {name} is ready")  # type: ignore[return-value]

    def crawl(self, content: Mapping[str, str | bytes], prefix: str = "in", **definition: Any) -> dict[str, Any]:
        """The tables, by name, after a crawl over files that lie below `prefix`."""
        self.files({f"{prefix}/{key}": body for key, body in content.items()})
        self.crawled(self.crawler(prefix, **definition))
        return self.tables()

    def tables(self) -> dict[str, Any]:
        return {table["Name"]: table for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]}

    def partitions(self, table: str) -> dict[tuple[str, ...], Any]:
        found = self.glue.get_partitions(DatabaseName=self.database, TableName=table)["Partitions"]
        return {tuple(each["Values"]): each for each in found}

    def events(self, name: str) -> list[str]:
        """The crawler's log, whole, without the crawls' ids."""
        found = self.api.logs.get_log_events(logGroupName="/aws-glue/crawlers", logStreamName=name, startFromHead=True)
        return [event["message"].partition("] ")[2] for event in found["events"]]


def columns(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


def keys(table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key["Name"], key["Type"]) for key in table["PartitionKeys"]]
