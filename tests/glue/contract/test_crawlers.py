"""Crawlers: definitions, states, errors, schedules, history, logs."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from tests.glue.contract.conftest import new_model, refused
from tests.glue.contract.crawling import PEOPLE, Crawling
from tests.support.polling import wait_until

NONE = "crawler-that-is-not-there"
LOG = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
MANY = 400  # files: a crawl of them lasts long enough to be met at work


@pytest.fixture
def crawling(api):
    return Crawling(api)


@pytest.fixture
def busy(crawling):
    """A crawler that runs for a while."""
    crawling.files({f"in/{at}/x.csv": PEOPLE for at in range(MANY)})
    name = crawling.crawler("in")
    crawling.glue.start_crawler(Name=name)
    yield name
    crawling.ready(name, 120)


def test_a_new_crawler_gets_the_defaults_of_aws(crawling):
    name = crawling.crawler("in", Role="arn:aws:iam::000000000000:role/service-role/crawls", Description="d")
    crawler = crawling.glue.get_crawler(Name=name)["Crawler"]
    assert crawler.pop("CreationTime") == crawler.pop("LastUpdated")
    targets = crawler.pop("Targets")
    assert targets["S3Targets"] == [{"Path": f"s3://{crawling.bucket}/in", "Exclusions": []}]
    assert [targets[kind] for kind in ("JdbcTargets", "MongoDBTargets", "DynamoDBTargets", "CatalogTargets")] == [
        []
    ] * 4
    crawler.pop("LakeFormationConfiguration", None)  # the old model does not know it
    assert crawler == {
        "Name": name,
        "Role": "service-role/crawls",
        "DatabaseName": crawling.database,
        "Description": "d",
        "Classifiers": [],
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "State": "READY",
        "CrawlElapsedTime": 0,
        "Version": 1,
    }


def test_a_crawler_that_is_not_there(api):
    acts = f"Crawler with name {NONE} does not exist"
    looks = f"Crawler entry with name {NONE} does not exist"
    for call, message in (
        (lambda: api.glue.get_crawler(Name=NONE), looks),
        (lambda: api.glue.delete_crawler(Name=NONE), looks),
        (lambda: api.glue.start_crawler(Name=NONE), acts),
        (lambda: api.glue.stop_crawler(Name=NONE), acts),
        (lambda: api.glue.update_crawler(Name=NONE, Description="d"), acts),
        (lambda: api.glue.update_crawler_schedule(CrawlerName=NONE, Schedule="cron(0 0 * * ? *)"), acts),
        (lambda: api.glue.start_crawler_schedule(CrawlerName=NONE), acts),
        (lambda: api.glue.stop_crawler_schedule(CrawlerName=NONE), acts),
    ):
        with refused("EntityNotFoundException", message):
            call()


def test_a_name_that_is_taken(crawling):
    name = crawling.crawler("in")
    with refused("AlreadyExistsException", f"Crawler with name {name} already exists"):
        crawling.crawler("in", Name=name)


NEW_FOLDERS = (
    'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value and LOG '
    "UpdateBehavior value."
)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"Targets": {}}, "At least one crawl target must be specified."),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, NEW_FOLDERS),
        ({"Configuration": "no"}, None),
        ({"Configuration": '{"Version": 2}'}, None),
        (
            {"Configuration": '{"Version": 1.0, "CrawlerOutput": {"Partitions": {"UpdateBehavior": "LOG"}}}'},
            "CrawlerOutput.Partitions contains unsupported keys: UpdateBehavior.",
        ),
        ({"Configuration": '{"Version": 1.0, "Grouping": {"TableLevelConfiguration": 0}}'}, None),
        ({"Targets": {"S3Targets": [{"Path": "http://x/y"}]}}, None),
        ({"Targets": {"S3Targets": [{"Path": ""}]}}, None),
        ({"Schedule": "every day"}, None),
        ({"DatabaseName": ""}, None),
    ],
)
def test_definitions_that_are_refused(crawling, definition, message):
    with refused("InvalidInputException", message):
        crawling.crawler("in", **definition)


def test_a_sample_size_out_of_range(crawling):
    target = {"Path": f"s3://{crawling.bucket}/in", "SampleSize": 250}
    with refused("InvalidInputException", "SampleSize must be an integer between 1 and 249."):
        crawling.crawler(Targets={"S3Targets": [target]})


def test_a_bucket_that_does_not_exist(crawling):
    with refused("InvalidInputException", "S3 bucket no-such-bucket-here does not exist."):
        crawling.crawler(Targets={"S3Targets": [{"Path": "s3://no-such-bucket-here/in"}]})


@new_model
def test_event_mode_is_refused_clearly(crawling):
    with refused("InvalidInputException") as seen:
        crawling.crawler("in", RecrawlPolicy={"RecrawlBehavior": "CRAWL_EVENT_MODE"})
    assert "CRAWL_EVENT_MODE is not available in this local Glue service" in seen.message


def test_an_update_changes_what_it_names(crawling):
    name = crawling.crawler("in", Description="one", TablePrefix="p_")
    crawling.glue.update_crawler(Name=name, Description="two", SchemaChangePolicy=LOG)
    crawler = crawling.glue.get_crawler(Name=name)["Crawler"]
    assert (crawler["Description"], crawler["TablePrefix"], crawler["Version"]) == ("two", "p_", 2)
    assert crawler["SchemaChangePolicy"] == LOG


def test_many_crawlers(crawling):
    names = sorted(crawling.crawler("in", Tags={"mark": crawling.bucket}) for _ in range(3))
    found = crawling.glue.batch_get_crawlers(CrawlerNames=[*names, NONE])
    assert [crawler["Name"] for crawler in found["Crawlers"]] == names
    assert found["CrawlersNotFound"] == [NONE]
    first = crawling.glue.list_crawlers(Tags={"mark": crawling.bucket}, MaxResults=2)
    rest = crawling.glue.list_crawlers(Tags={"mark": crawling.bucket}, MaxResults=2, NextToken=first["NextToken"])
    assert first["CrawlerNames"] + rest["CrawlerNames"] == names
    assert "NextToken" not in rest
    assert set(names) <= {crawler["Name"] for crawler in crawling.glue.get_crawlers()["Crawlers"]}
    crawling.glue.delete_crawler(Name=names[0])
    assert crawling.glue.batch_get_crawlers(CrawlerNames=names)["CrawlersNotFound"] == names[:1]


def test_tags(crawling):
    arn = f"arn:aws:glue:us-east-1:000000000000:crawler/{crawling.crawler('in', Tags={'a': '1'})}"
    crawling.glue.tag_resource(ResourceArn=arn, TagsToAdd={"b": "2"})
    crawling.glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"])
    assert crawling.glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_a_crawl_from_start_to_end(crawling):
    crawling.files({"in/day=1/x.csv": PEOPLE})
    name = crawling.crawler("in")
    crawler = crawling.crawled(name)
    last = crawler["LastCrawl"]
    assert (last["LogGroup"], last["LogStream"]) == ("/aws-glue/crawlers", name)
    assert "ErrorMessage" not in last
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", last["MessagePrefix"])
    policy = '{"UpdateBehavior":"UPDATE_IN_DATABASE","DeleteBehavior":"DEPRECATE_IN_DATABASE"}'
    events = [event for event in crawling.events(name) if "partition index" not in event]
    assert events == [
        f"BENCHMARK : Running Start Crawl for Crawler {name}",
        f"BENCHMARK : Classification complete, writing results to database {crawling.database}",
        f"INFO : Crawler configured with SchemaChangePolicy {policy}.",
        f"INFO : Created database {crawling.database}",
        f"INFO : Created table in in database {crawling.database}",
        "BENCHMARK : Finished writing to Catalog",
        "INFO : Run Summary For PARTITION:",
        "INFO : ADD: 1",
        "INFO : Run Summary For TABLE:",
        "INFO : ADD: 1",
        "BENCHMARK : Crawler has finished running and is in state READY",
    ]
    (metrics,) = crawling.glue.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    assert metrics["LastRuntimeSeconds"] == metrics["MedianRuntimeSeconds"] > 0
    assert {key: value for key, value in metrics.items() if "Runtime" not in key} == {
        "CrawlerName": name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": False,
        "TablesCreated": 1,
        "TablesUpdated": 0,
        "TablesDeleted": 0,
    }


def test_a_crawler_that_runs(crawling, busy):
    crawler = wait_until(lambda: _running(crawling, busy), 10, "it runs")
    assert crawler["State"] == "RUNNING"
    (metrics,) = crawling.glue.get_crawler_metrics(CrawlerNameList=[busy])["CrawlerMetricsList"]
    assert metrics["StillEstimating"] is True
    with refused("CrawlerRunningException", f"Crawler with name {busy} has already started"):
        crawling.glue.start_crawler(Name=busy)
    with refused(
        "InvalidInputException",
        "Cannot update Crawler while running. Please stop crawl or wait until it completes to update.",
    ):
        crawling.glue.update_crawler(Name=busy, Description="d")
    with refused("CrawlerRunningException", f"Cannot delete {busy} while it's running"):
        crawling.glue.delete_crawler(Name=busy)
    crawling.glue.stop_crawler(Name=busy)
    crawler = crawling.ready(busy)
    assert crawler["LastCrawl"]["Status"] == "CANCELLED"
    assert crawling.events(busy)[-1] == "BENCHMARK : Crawler has finished running and is in state READY"
    with refused("CrawlerNotRunningException", f"Crawler with name {busy} isn't running"):
        crawling.glue.stop_crawler(Name=busy)


def _running(crawling, name):
    crawler = crawling.glue.get_crawler(Name=name)["Crawler"]
    return crawler if crawler["CrawlElapsedTime"] > 0 else None


@new_model
def test_history(crawling):
    name = crawling.crawler("in")
    crawling.files({"in/day=1/x.csv": PEOPLE})
    crawling.crawled(name)
    crawling.s3.delete_object(Bucket=crawling.bucket, Key="in/day=1/x.csv")
    crawling.s3.delete_bucket(Bucket=crawling.bucket)
    crawling.crawled(name, "FAILED")
    failed, completed = crawling.glue.list_crawls(CrawlerName=name)["Crawls"]
    assert (failed["State"], completed["State"]) == ("FAILED", "COMPLETED")
    assert "does not exist" in failed["ErrorMessage"]
    assert failed["StartTime"] > completed["EndTime"] > completed["StartTime"]
    assert completed["DPUHour"] >= 0
    assert completed["LogStream"] == name
    assert json.loads(completed["Summary"]) == {
        "TABLE": {"ADD": {"Count": 1, "Details": {"names": ["in"]}}},
        "PARTITION": {"ADD": {"Count": 1}},
    }
    for field, operator, value, expected in (
        ("STATE", "EQ", "FAILED", [failed]),
        ("STATE", "NE", "FAILED", [completed]),
        ("CRAWL_ID", "EQ", completed["CrawlId"], [completed]),
        ("START_TIME", "GT", str(int(completed["EndTime"].timestamp() * 1000)), [failed]),
    ):
        wanted = [{"FieldName": field, "FilterOperator": operator, "FieldValue": value}]
        assert crawling.glue.list_crawls(CrawlerName=name, Filters=wanted)["Crawls"] == expected
    first = crawling.glue.list_crawls(CrawlerName=name, MaxResults=1)
    rest = crawling.glue.list_crawls(CrawlerName=name, MaxResults=1, NextToken=first["NextToken"])
    assert (first["Crawls"], rest["Crawls"]) == ([failed], [completed])
    with refused("EntityNotFoundException", f"Crawler entry with name {NONE} does not exist"):
        crawling.glue.list_crawls(CrawlerName=NONE)


def test_schedules(crawling):
    glue, name = crawling.glue, crawling.crawler("in")
    with refused("NoScheduleException"):
        glue.start_crawler_schedule(CrawlerName=name)
    with refused("SchedulerNotRunningException"):
        glue.stop_crawler_schedule(CrawlerName=name)
    glue.update_crawler_schedule(CrawlerName=name, Schedule="cron(0 0 1 1 ? 2199)")
    assert _schedule(glue, name) == {"ScheduleExpression": "cron(0 0 1 1 ? 2199)", "State": "SCHEDULED"}
    with refused("SchedulerRunningException"):
        glue.start_crawler_schedule(CrawlerName=name)
    glue.stop_crawler_schedule(CrawlerName=name)
    assert _schedule(glue, name)["State"] == "NOT_SCHEDULED"
    with refused("SchedulerNotRunningException"):
        glue.stop_crawler_schedule(CrawlerName=name)
    glue.start_crawler_schedule(CrawlerName=name)
    assert _schedule(glue, name)["State"] == "SCHEDULED"
    with refused("InvalidInputException"):
        glue.update_crawler_schedule(CrawlerName=name, Schedule="cron(every day)")
    glue.update_crawler_schedule(CrawlerName=name, Schedule="")
    assert _schedule(glue, name) is None


def test_a_schedule_starts_crawls(crawling):
    crawling.files({"in/x.csv": PEOPLE})
    name = crawling.crawler("in", Schedule="cron(0/5 * * * ? *)")  # in this suite a minute lasts a second
    wait_until(lambda: "LastCrawl" in crawling.glue.get_crawler(Name=name)["Crawler"], 60, "a crawl has ended")
    crawling.glue.stop_crawler_schedule(CrawlerName=name)
    assert crawling.ready(name)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert "in" in crawling.tables()
    crawling.glue.delete_crawler(Name=name)


def _schedule(glue, name):
    return glue.get_crawler(Name=name)["Crawler"].get("Schedule")


def test_an_unknown_classifier_is_refused_or_fails(crawling):
    """Without a store of classifiers the crawl fails; with one, the definition is refused."""
    crawling.files({"in/x.csv": PEOPLE})
    name = f"crawler-{uuid.uuid4().hex[:10]}"
    try:
        crawling.crawler("in", Name=name, Classifiers=["none"])
    except Exception as problem:
        assert "Classifier none does not exist." in str(problem)
        return
    crawler = crawling.crawled(name, "FAILED")
    assert crawler["LastCrawl"]["ErrorMessage"] == "Classifier none does not exist."
