"""Crawls and the end of LocalStack: SIGKILL, then an orderly stop, of one instance that is the module's own."""

from __future__ import annotations

import time

import pytest

from tests.glue.contract.crawling import PEOPLE, Crawling
from tests.glue.service.conftest import Account, processes
from tests.support.polling import wait_until

MANY = 600


@pytest.fixture
def crawling(own_aws):
    return Crawling(Account(own_aws.localstack))


def begun(crawling: Crawling) -> tuple[str, str]:
    """A crawler and its crawl's id, when its process has begun to print."""
    crawling.files({f"in/{at}/x.csv": PEOPLE for at in range(MANY)})
    name = crawling.crawler("in")
    crawling.glue.start_crawler(Name=name)
    crawl = crawling.glue.list_crawls(CrawlerName=name)["Crawls"][0]["CrawlId"]
    told = crawling.api.localstack.state / "glue/crawls" / crawl / "stdout"
    wait_until(lambda: told.exists() and told.stat().st_size, 30, "the crawl prints")
    return name, crawl


def test_a_crawl_does_not_outlive_a_restart_after_sigkill(crawling):
    name, crawl = begun(crawling)
    localstack = crawling.api.localstack
    localstack.crash()
    localstack.start()
    crawler = Crawling(Account(localstack)).ready(name)
    assert crawler["LastCrawl"]["Status"] == "FAILED"
    assert "ended without warning" in crawler["LastCrawl"]["ErrorMessage"]
    assert processes(crawl) == set()


def test_an_orderly_stop_ends_the_crawl_and_says_so(crawling):
    name, crawl = begun(crawling)
    assert processes(crawl)
    localstack = crawling.api.localstack
    began = time.monotonic()
    localstack.stop()
    assert time.monotonic() - began < 12
    assert processes(crawl) == set()
    localstack.start()
    crawler = Account(localstack).glue.get_crawler(Name=name)["Crawler"]
    assert (crawler["State"], crawler["LastCrawl"]["Status"]) == ("READY", "FAILED")
    assert "The local environment was stopped" in crawler["LastCrawl"]["ErrorMessage"]
