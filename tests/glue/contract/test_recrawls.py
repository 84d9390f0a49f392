"""Crawling again: what SchemaChangePolicy, RecrawlPolicy and Configuration make of changes in S3."""

from __future__ import annotations

import json

import pytest

from tests.glue.contract.crawling import PEOPLE, Crawling, columns, json_lines

LOG = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


@pytest.fixture
def crawling(api):
    return Crawling(api)


def test_nothing_new_changes_nothing(crawling):
    name = crawling.crawler("in")
    crawling.files({"in/day=1/x": json_lines({"id": 1})})
    crawling.crawled(name)
    before = crawling.tables()["in"]
    crawling.crawled(name)
    assert crawling.tables()["in"] == before
    metrics = crawling.glue.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    assert [(each["TablesCreated"], each["TablesUpdated"]) for each in metrics] == [(0, 0)]


def test_a_schema_that_changed_is_updated(crawling):
    name = crawling.crawler("in")
    crawling.files({"in/day=1/x": json_lines({"id": 1})})
    crawling.crawled(name)
    crawling.files({"in/day=1/x": json_lines({"id": 1, "more": "x"}), "in/day=2/x": json_lines({"id": 1, "more": "y"})})
    crawling.crawled(name)
    assert columns(crawling.tables()["in"]) == {"id": "int", "more": "string"}
    partitions = crawling.partitions("in")
    assert set(partitions) == {("1",), ("2",)}
    assert columns(partitions["1",]) == {"id": "int", "more": "string"}
    assert f"INFO : Updated table in in database {crawling.database}" in crawling.events(name)


def test_log_leaves_the_table_but_adds_partitions(crawling):
    name = crawling.crawler("in", SchemaChangePolicy=LOG)
    crawling.files({"in/day=1/x": json_lines({"id": 1})})
    crawling.crawled(name)
    crawling.files({"in/day=1/x": json_lines({"id": 1, "more": "x"}), "in/day=2/x": json_lines({"id": 1, "more": "y"})})
    crawling.crawled(name)
    assert columns(crawling.tables()["in"]) == {"id": "int"}
    assert set(crawling.partitions("in")) == {("1",), ("2",)}
    assert any("is not updated: UpdateBehavior is LOG" in event for event in crawling.events(name))


def test_new_columns_are_merged(crawling):
    output = {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    name = crawling.crawler("in", SchemaChangePolicy=LOG, Configuration=json.dumps(output))
    crawling.files({"in/x": json_lines({"a": 1, "b": 1, "c": 1})})
    crawling.crawled(name)
    crawling.files({"in/x": json_lines({"a": "text", "b": 1, "d": 1})})
    crawling.crawled(name)
    assert columns(crawling.tables()["in"]) == {"a": "int", "b": "int", "c": "int", "d": "int"}


def test_partitions_inherit_from_the_table(crawling):
    output = {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    name = crawling.crawler("in", Configuration=json.dumps(output))
    crawling.files(
        {"in/day=1/x": json_lines(dict.fromkeys("abcd", 1)), "in/day=2/x": json_lines(dict.fromkeys("abc", 1))}
    )
    crawling.crawled(name)
    assert {tuple(columns(each)) for each in crawling.partitions("in").values()} == {("a", "b", "c", "d")}


@pytest.mark.parametrize("behavior", ["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"])
def test_what_is_gone_from_s3(crawling, behavior):
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": behavior}
    name = crawling.crawler("in", SchemaChangePolicy=policy)
    crawling.files({"in/a/day=1/x": PEOPLE, "in/a/day=2/x": PEOPLE, "in/b/y": json_lines({"id": 1})})
    crawling.crawled(name)
    crawling.remove("in/a/day=2/x", "in/b/y")
    crawling.files({"in/c/z": json_lines({"other": 1})})
    crawling.crawled(name)
    deleted = behavior == "DELETE_FROM_DATABASE"
    tables = crawling.tables()
    assert set(tables) == ({"a", "c"} if deleted else {"a", "b", "c"})
    assert set(crawling.partitions("a")) == ({("1",)} if deleted else {("1",), ("2",)})
    deprecated = [each for each, table in tables.items() if "DEPRECATED_BY_CRAWLER" in table["Parameters"]]
    assert deprecated == (["b"] if behavior == "DEPRECATE_IN_DATABASE" else [])
    gone = "Found partition of table a with partition values [2] with no matching schema at the partition's S3 location"
    assert f"INFO : {gone}" in crawling.events(name)
    metrics = crawling.glue.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"][0]
    assert metrics["TablesDeleted"] == (1 if deleted else 0)


def test_a_deprecated_table_comes_back(crawling):
    name = crawling.crawler("in")
    crawling.files({"in/a/x": PEOPLE, "in/b/y": json_lines({"id": 1})})
    crawling.crawled(name)
    crawling.remove("in/b/y")
    crawling.files({"in/c/z": json_lines({"other": 1})})
    crawling.crawled(name)
    crawling.files({"in/b/y": json_lines({"id": 1})})
    crawling.crawled(name)
    assert "DEPRECATED_BY_CRAWLER" not in crawling.tables()["b"]["Parameters"]


def test_new_folders_only(crawling):
    recrawl = {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
    name = crawling.crawler("in", RecrawlPolicy=recrawl, SchemaChangePolicy=LOG)
    crawling.files({"in/a/day=1/x": PEOPLE, "in/b/y": json_lines({"id": 1})})
    crawling.crawled(name)
    assert set(crawling.tables()) == {"a", "b"}
    crawling.files({"in/a/day=1/x": "not,any\nlonger,it\n", "in/a/day=2/x": PEOPLE})
    crawling.remove("in/b/y")
    crawling.crawled(name)
    assert set(crawling.tables()) == {"a", "b"}
    partitions = crawling.partitions("a")
    assert set(partitions) == {("1",), ("2",)}
    assert partitions["1",]["StorageDescriptor"]["Parameters"]["recordCount"] == "3"


def test_keys_that_do_not_match_are_skipped(crawling):
    name = crawling.crawler("in")
    crawling.files({"in/day=1/x": PEOPLE})
    crawling.crawled(name)
    crawling.remove("in/day=1/x")
    crawling.files({"in/month=1/x": PEOPLE})
    crawling.crawled(name)
    said = f"WARN : Folder partition keys do not match table partition keys, skipped folder: {crawling.bucket}/in/"
    assert said in crawling.events(name)


def test_a_table_threshold(crawling):
    output = {"Version": 1.0, "CrawlerOutput": {"Tables": {"TableThreshold": 1}}}
    crawling.files({"in/a/x": PEOPLE, "in/b/y": json_lines({"id": 1})})
    crawler = crawling.crawled(crawling.crawler("in", Configuration=json.dumps(output)), "FAILED")
    assert "greater than the table threshold value provided: 1" in crawler["LastCrawl"]["ErrorMessage"]
    assert crawling.tables() == {}
