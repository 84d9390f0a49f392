"""Crawlers: CreateCrawler to ListCrawls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import errors
from ..crawlers import definitions, history
from ..crawlers.definitions import Crawler
from ..crawlers.engine import CrawlerEngine
from ..crawlers.store import CrawlerStore
from ..crawlers.timing import CrawlerSchedules
from . import Owner, Request, Response, operation, page

CRAWLS_PAGE = 20


class CrawlersApi:
    """`client(service, account, region)` is asked whether the buckets of S3 targets exist, as AWS does."""

    def __init__(
        self,
        store: CrawlerStore,
        engine: CrawlerEngine,
        schedules: CrawlerSchedules,
        client: Callable[[str, str, str], Any],
    ) -> None:
        self._store, self._engine, self._schedules, self._client = store, engine, schedules, client

    @operation("CreateCrawler")
    def create_crawler(self, owner: Owner, request: Request) -> Response:
        self._check(owner, request)
        self._schedules.follow(owner, self._store.create(owner, request))
        return {}

    @operation("GetCrawler")
    def get_crawler(self, owner: Owner, request: Request) -> Response:
        return {"Crawler": self._store.get(owner, request["Name"])}

    @operation("GetCrawlers")
    def get_crawlers(self, owner: Owner, request: Request) -> Response:
        return page(request, "Crawlers", self._store.listed(owner), lambda crawler: str(crawler["Name"]))

    @operation("BatchGetCrawlers")
    def batch_get_crawlers(self, owner: Owner, request: Request) -> Response:
        known = {crawler["Name"]: crawler for crawler in self._store.listed(owner)}
        names = dict.fromkeys(request["CrawlerNames"])
        return {
            "Crawlers": [known[name] for name in names if name in known],
            "CrawlersNotFound": [name for name in names if name not in known],
        }

    @operation("ListCrawlers")
    def list_crawlers(self, owner: Owner, request: Request) -> Response:
        names = [crawler["Name"] for crawler in self._store.listed(owner, request.get("Tags"))]
        return page(request, "CrawlerNames", names)

    @operation("UpdateCrawler")
    def update_crawler(self, owner: Owner, request: Request) -> Response:
        self._store.document(owner, request["Name"])
        self._check(owner, request)
        self._schedules.follow(owner, self._store.update(owner, request["Name"], request))
        return {}

    @operation("DeleteCrawler")
    def delete_crawler(self, owner: Owner, request: Request) -> Response:
        self._store.delete(owner, request["Name"])
        self._schedules.forget(owner, request["Name"])
        return {}

    @operation("StartCrawler")
    def start_crawler(self, owner: Owner, request: Request) -> Response:
        self._engine.start(owner, request["Name"])
        return {}

    @operation("StopCrawler")
    def stop_crawler(self, owner: Owner, request: Request) -> Response:
        self._engine.stop(owner, request["Name"])
        return {}

    @operation("UpdateCrawlerSchedule")
    def update_crawler_schedule(self, owner: Owner, request: Request) -> Response:
        return self._followed(
            owner, self._store.set_schedule(owner, request["CrawlerName"], request.get("Schedule") or "")
        )

    @operation("StartCrawlerSchedule")
    def start_crawler_schedule(self, owner: Owner, request: Request) -> Response:
        name = request["CrawlerName"]
        return self._followed(owner, self._store.switch_schedule(owner, name, definitions.SCHEDULED))

    @operation("StopCrawlerSchedule")
    def stop_crawler_schedule(self, owner: Owner, request: Request) -> Response:
        name = request["CrawlerName"]
        return self._followed(owner, self._store.switch_schedule(owner, name, definitions.NOT_SCHEDULED))

    @operation("GetCrawlerMetrics")
    def get_crawler_metrics(self, owner: Owner, request: Request) -> Response:
        wanted = request.get("CrawlerNameList")
        documents = self._store.documents.listed(owner)
        found = [history.metrics(each) for each in documents if not wanted or each["Crawler"]["Name"] in wanted]
        return page(request, "CrawlerMetricsList", found, lambda metrics: str(metrics["CrawlerName"]))

    @operation("ListCrawls")
    def list_crawls(self, owner: Owner, request: Request) -> Response:
        document = self._store.documents.get(owner, request["CrawlerName"])
        if document is None:
            raise errors.crawler_entry_not_found(request["CrawlerName"])
        crawls = history.filtered(document["Crawls"], request.get("Filters") or [])
        return page(request, "Crawls", crawls, lambda crawl: str(crawl["CrawlId"]), CRAWLS_PAGE)

    def _followed(self, owner: Owner, crawler: Crawler) -> Response:
        self._schedules.follow(owner, crawler)
        return {}

    def _check(self, owner: Owner, request: Request) -> None:
        """What only other services and stores know. Raises InvalidInput."""
        for target in (request.get("Targets") or {}).get("S3Targets") or []:
            bucket = (target.get("Path") or "").removeprefix("s3://").partition("/")[0]
            if bucket and ":" not in bucket and not self._bucket_exists(owner, bucket):
                raise errors.bucket_missing(bucket)
        for name in request.get("Classifiers") or []:
            if not self._engine.classifier(owner, name):
                raise errors.classifier_missing(name)

    def _bucket_exists(self, owner: Owner, bucket: str) -> bool:
        client = self._client("s3", *owner)
        try:
            client.head_bucket(Bucket=bucket)
        except client.exceptions.ClientError as problem:
            return bool(problem.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 404))
        return True
