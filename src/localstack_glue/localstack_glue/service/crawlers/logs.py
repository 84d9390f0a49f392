"""A crawl's events: all crawls of a crawler share a stream, named as the crawler, so each counts its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..aws import CloudWatchLogs

GROUP = "/aws-glue/crawlers"


class CrawlEvents(CloudWatchLogs):
    """The log client of one crawl, for logs.Shipper."""

    def __init__(self, client: Callable[[], Any], crawl_id: str) -> None:
        super().__init__(client())
        self._crawl_id = crawl_id

    def count(self, group: str, stream: str) -> int:
        """The events in the stream that are this crawl's."""
        mark, token = f"[{self._crawl_id}]", None
        total: int = 0
        while True:
            more: dict[str, Any] = {"nextToken": token} if token else {}
            try:
                page = self._client.filter_log_events(
                    logGroupName=group, logStreamNames=[stream], filterPattern=f'"{mark}"', **more
                )
            except self._client.exceptions.ResourceNotFoundException:
                return 0
            total += sum(event["message"].startswith(mark) for event in page["events"])
            token = page.get("nextToken")
            if not token:
                break
        return total
