"""Crawls: what is read from S3, and which tables, columns and parameters the catalog has after it."""

from __future__ import annotations

import json

import pytest

from tests.glue.contract.crawling import PEOPLE, Crawling, columnar, columns, json_lines, keys
from tests.support.localstack import ROOT

TEXT = "org.apache.hadoop.mapred.TextInputFormat"
KEEP_KEY = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


@pytest.fixture
def crawling(api):
    return Crawling(api)


def test_csv_with_a_header(crawling):
    (table,) = crawling.crawl({"people.csv": PEOPLE}).values()
    assert (table["Name"], table["TableType"], keys(table)) == ("in", "EXTERNAL_TABLE", [])
    assert columns(table) == {"name": "string", "age": "bigint", "height": "double", "member": "boolean"}
    stored = table["StorageDescriptor"]
    assert stored["Location"] == f"s3://{crawling.bucket}/in/"
    assert (stored["InputFormat"], stored["OutputFormat"]) == (TEXT, KEEP_KEY)
    assert stored["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    assert (stored["Compressed"], stored["NumberOfBuckets"], stored["StoredAsSubDirectories"]) == (False, -1, False)
    parameters = dict(table["Parameters"])
    assert len(parameters.pop("CRAWL_RUN_ID")) == 36
    assert parameters.pop("UPDATED_BY_CRAWLER").startswith("crawler-")
    assert parameters == {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "areColumnsQuoted": "false",
        "averageRecordSize": str(len(PEOPLE) // 3),
        "classification": "csv",
        "columnsOrdered": "true",
        "compressionType": "none",
        "delimiter": ",",
        "objectCount": "1",
        "recordCount": "3",
        "sizeKey": str(len(PEOPLE)),
        "skip.header.line.count": "1",
        "typeOfData": "file",
    }


def test_sample_events(crawling):
    folder = ROOT / "glue/data/events"
    for path in folder.rglob("*.json.gz"):
        key = f"events/{path.relative_to(folder)}"
        crawling.s3.put_object(Bucket=crawling.bucket, Key=key, Body=path.read_bytes())
    crawling.crawled(crawling.crawler("events/"))
    (table,) = crawling.tables().values()
    assert (table["Name"], keys(table)) == ("events", [("dt", "string")])
    assert columns(table)["user_id"] == "string"
    assert columns(table)["viewable"] == "boolean"
    assert table["Parameters"]["compressionType"] == "gzip"
    assert table["Parameters"]["objectCount"] == "12"
    assert 110_000 < int(table["Parameters"]["recordCount"]) < 130_000
    assert set(crawling.partitions("events")) == {("2023-04-29",), ("2023-04-30",), ("2023-05-01",)}
