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


def test_csv_without_a_header_and_with_other_delimiters(crawling):
    tables = crawling.crawl(
        {
            "plain/a.csv": "1;x\n2;y\n",
            "piped/b.txt": "Id|Text\n1|x\n2|y\n",
            "strings/c.csv": "a,b\nc,d\n",
            "quoted/d.csv": 'Id,Text\n1,"x, y"\n2,"z"\n',
        }
    )
    assert columns(tables["plain"]) == {"col0": "bigint", "col1": "string"}
    assert "skip.header.line.count" not in tables["plain"]["Parameters"]
    assert tables["plain"]["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"field.delim": ";"}
    assert columns(tables["piped"]) == {"id": "bigint", "text": "string"}
    assert tables["piped"]["Parameters"]["delimiter"] == "|"
    assert columns(tables["strings"]) == {"col0": "string", "col1": "string"}
    assert tables["quoted"]["Parameters"]["areColumnsQuoted"] == "true"
    assert "LazySimpleSerDe" in tables["quoted"]["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]


def test_json_lines(crawling):
    body = json_lines(
        {
            "Id": 1,
            "big": 1 << 40,
            "x": 1,
            "ok": True,
            "at": "2023-04-29",
            "in": {"A": 1, "b": ["x"]},
            "list": [{"k": 1}],
        },
        {"Id": 2, "big": 5, "x": 1.5, "none": None, "in": {"c": 2.5}, "list": []},
    )
    (table,) = crawling.crawl({"a.json": body, "empty.json": ""}).values()
    assert columns(table) == {
        "id": "int",
        "big": "bigint",
        "x": "double",
        "ok": "boolean",
        "at": "string",
        "in": "struct<a:int,b:array<string>,c:double>",
        "list": "array<struct<k:int>>",
        "none": "string",
    }
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "Parameters": {"paths": "at,big,id,in,list,none,ok,x"},
    }
    assert (table["Parameters"]["classification"], table["Parameters"]["objectCount"]) == ("json", "1")


def test_a_json_array_is_one_column(crawling):
    (table,) = crawling.crawl({"a.json": json.dumps([{"id": 1, "n": "x"}, {"id": 2}])}).values()
    assert columns(table) == {"array": "array<struct<id:int,n:string>>"}


def test_parquet(crawling):
    (table,) = crawling.crawl({"a.parquet": columnar("parquet")}).values()
    assert columns(table) == {
        "id": "bigint",
        "small": "int",
        "price": "decimal(10,2)",
        "day": "date",
        "at": "timestamp",
        "tags": "array<string>",
        "place": "struct<lat:double,name:string>",
    }
    stored = table["StorageDescriptor"]
    assert stored["InputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    assert stored["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    }
    assert (table["Parameters"]["classification"], table["Parameters"]["recordCount"]) == ("parquet", "3")


def test_orc(crawling):
    (table,) = crawling.crawl({"a.orc": columnar("orc")}).values()
    assert columns(table)["price"] == "decimal(10,2)"
    assert table["Parameters"]["classification"] == "orc"
    assert table["StorageDescriptor"]["InputFormat"] == "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat"


@pytest.mark.parametrize(("ending", "compression"), [("gz", "gzip"), ("bz2", "bzip2")])
def test_compressed_files(crawling, ending, compression):
    tables = crawling.crawl({f"a/x.csv.{ending}": PEOPLE, f"b/x.json.{ending}": json_lines({"id": 1})})
    assert {each["Parameters"]["compressionType"] for each in tables.values()} == {compression}
    assert {each["StorageDescriptor"]["Compressed"] for each in tables.values()} == {True}
    assert columns(tables["a"])["age"] == "bigint"
    assert columns(tables["b"]) == {"id": "int"}


def test_named_partitions(crawling):
    files = {f"year={year}/month={month}/x.csv": PEOPLE for year in (2022, 2023) for month in ("a", "b")}
    tables = crawling.crawl(files, TablePrefix="raw_")
    assert keys(tables["raw_in"]) == [("year", "string"), ("month", "string")]
    partitions = crawling.partitions("raw_in")
    assert sorted(partitions) == [("2022", "a"), ("2022", "b"), ("2023", "a"), ("2023", "b")]
    stored = partitions["2022", "a"]["StorageDescriptor"]
    assert stored["Location"] == f"s3://{crawling.bucket}/in/year=2022/month=a/"
    assert stored["Parameters"]["recordCount"] == "3"
    assert stored["Columns"] == tables["raw_in"]["StorageDescriptor"]["Columns"]
    assert (tables["raw_in"]["Parameters"]["objectCount"], tables["raw_in"]["Parameters"]["recordCount"]) == ("4", "12")


def test_unnamed_partitions(crawling):
    (table,) = crawling.crawl({"eu/1/x.csv": PEOPLE, "eu/2/x.csv": PEOPLE, "us/1/x.csv": PEOPLE}).values()
    assert keys(table) == [("partition_0", "string"), ("partition_1", "string")]
    assert set(crawling.partitions("in")) == {("eu", "1"), ("eu", "2"), ("us", "1")}


def test_folders_that_are_not_alike_are_tables(crawling):
    tables = crawling.crawl({"people/x.csv": PEOPLE, "events/x.json": json_lines({"id": 1}), "Odd-Name.1/x": PEOPLE})
    assert set(tables) == {"in", "events"}  # two of three are alike: the majority are partitions of the folder above
    assert set(crawling.partitions("in")) == {("people",), ("Odd-Name.1",)}


def test_files_that_are_not_alike_are_tables(crawling):
    tables = crawling.crawl(
        {"persons.json": json_lines({"id": 1, "name": "x"}), "areas.json": json_lines({"code": "y"})}
    )
    assert set(tables) == {"persons_json", "areas_json"}
    assert tables["persons_json"]["StorageDescriptor"]["Location"] == f"s3://{crawling.bucket}/in/persons.json"


def test_seventy_percent_of_the_columns_are_alike(crawling):
    names = [f"c{at}" for at in range(10)]
    records = {
        share: json_lines(dict.fromkeys([*names[:share], *(f"d{at}" for at in range(10 - share))], 1))
        for share in (6, 7)
    }
    same = json_lines(dict.fromkeys(names, 1))
    seven = crawling.crawl({"a/x": same, "b/x": records[7]}, "seven")
    assert len(columns(seven["seven"])) == 13
    six = crawling.crawl({"a/x": same, "b/x": records[6]}, "six")
    assert {"a", "b"} <= set(six)


def test_one_schema_for_each_path(crawling):
    configuration = {"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}
    files = {"a/x": json_lines({"one": 1}), "b/x": json_lines({"two": "2"})}
    tables = crawling.crawl(files, Configuration=json.dumps(configuration))
    assert columns(tables["in"]) == {"one": "int", "two": "string"}
    assert set(crawling.partitions("in")) == {("a",), ("b",)}


def test_table_level(crawling):
    configuration = {"Version": 1.0, "Grouping": {"TableLevelConfiguration": 3}}
    files = {"a/day=1/x": PEOPLE, "a/day=2/x": PEOPLE, "b/day=1/x": PEOPLE}
    tables = crawling.crawl(files, Configuration=json.dumps(configuration))
    assert set(tables) == {"a", "b"}
    assert keys(tables["a"]) == [("day", "string")]
    assert set(crawling.partitions("a")) == {("1",), ("2",)}


def test_exclusions_and_samples(crawling):
    crawling.files({f"in/{key}": PEOPLE for key in ("a.csv", "b.csv", "c.tmp", "_x/d.csv", "deep/er/_y/e.csv")})
    target = {"Path": f"s3://{crawling.bucket}/in", "Exclusions": ["**.tmp", "_*/**", "**/_y/**"], "SampleSize": 1}
    crawling.crawled(crawling.crawler(Targets={"S3Targets": [target]}))
    (table,) = crawling.tables().values()
    assert table["Parameters"]["objectCount"] == "1"


def test_several_targets_and_a_file_as_one(crawling):
    crawling.files(
        {"one/x.csv": PEOPLE, "two/y.json": json_lines({"id": 1}), "three/z.csv": PEOPLE, "three/w.csv": PEOPLE}
    )
    crawling.crawled(crawling.crawler("one", "two/", "three/z.csv"))
    assert set(crawling.tables()) == {"one", "two", "three"}
    assert crawling.tables()["three"]["Parameters"]["objectCount"] == "1"


def test_a_table_of_that_name_elsewhere_stays(crawling):
    crawling.files({"a/data/x.csv": PEOPLE, "b/data/x.json": json_lines({"id": 1})})
    crawling.crawled(crawling.crawler("a/data"))
    crawling.crawled(crawling.crawler("b/data"))
    (other,) = set(crawling.tables()) - {"data"}
    assert other.startswith("data_")
    assert len(other) == len("data_") + 32
    assert columns(crawling.tables()["data"])["name"] == "string"


def test_what_no_classifier_knows(crawling):
    files = {"binary/x.bin": bytes(range(256)) * 64, "corrupt/x.parquet": columnar("parquet")[:-20] + b"x" * 20}
    tables = crawling.crawl(
        {**files, "gz/x.csv.gz.broken": b"\x1f\x8b" + b"nothing", "text/x.txt": "one column\nonly\n"}
    )
    unknown = {name for name, table in tables.items() if table["Parameters"]["classification"] == "UNKNOWN"}
    assert unknown == set(tables)
    for table in tables.values():
        assert columns(table) == {}
        assert table["StorageDescriptor"]["SerdeInfo"].get("SerializationLibrary") is None


def test_broken_lines_do_not_hide_a_format(crawling):
    body = json_lines(*({"id": at} for at in range(10))) + b'{"id": 10, "na'
    (table,) = crawling.crawl({"x.json": body + b"\n" + json_lines({"id": 1 << 33})}).values()
    assert columns(table) == {"id": "bigint"}


def test_an_empty_path(crawling):
    name = crawling.crawler("nothing/here")
    crawling.crawled(name)
    assert crawling.tables() == {}
    assert any("There is nothing to crawl at" in event for event in crawling.events(name))


def test_a_bucket_that_is_gone(crawling):
    name = crawling.crawler("in")
    crawling.s3.delete_bucket(Bucket=crawling.bucket)
    crawler = crawling.crawled(name, "FAILED")
    assert "The specified bucket does not exist" in crawler["LastCrawl"]["ErrorMessage"]
    assert "Error Code: NoSuchBucket" in crawler["LastCrawl"]["ErrorMessage"]
    assert any(event.startswith("ERROR : The specified bucket") for event in crawling.events(name))


@pytest.mark.parametrize(
    "target",
    [
        {"JdbcTargets": [{"ConnectionName": "c", "Path": "db/%"}]},
        {"DynamoDBTargets": [{"Path": "table"}]},
        {"MongoDBTargets": [{"ConnectionName": "c", "Path": "db/c"}]},
    ],
)
def test_targets_that_are_not_here_fail(crawling, target):
    crawler = crawling.crawled(crawling.crawler(Targets=target), "FAILED")
    assert "cannot be crawled by this local Glue service" in crawler["LastCrawl"]["ErrorMessage"]


def test_a_catalog_table_as_target(crawling):
    crawling.files({"in/day=1/x.csv": PEOPLE})
    crawling.crawled(crawling.crawler("in"))
    crawling.files({"in/day=2/x.csv": PEOPLE, "in/day=2/y.csv": PEOPLE})
    targets = {"CatalogTargets": [{"DatabaseName": crawling.database, "Tables": ["in"]}]}
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"}
    crawling.crawled(crawling.crawler(Targets=targets, SchemaChangePolicy=policy))
    assert set(crawling.partitions("in")) == {("1",), ("2",)}
    assert crawling.tables()["in"]["Parameters"]["objectCount"] == "3"
