"""What is known about earlier crawls: ListCrawls and GetCrawlerMetrics.

A crawl is kept as the CrawlerHistory that ListCrawls shows; Summary is JSON in a string:

    {"TABLE": {"ADD": {"Count": 1, "Details": {"names": ["events"]}}}, "PARTITION": {"ADD": {"Count": 3}}}
"""

from __future__ import annotations

import json
import operator
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..documents import Document
from ..errors import InvalidInput

Crawl = dict[str, Any]
DPUS = 2  # what AWS bills a crawl with, at least
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
    "EQ": operator.eq,
    "NE": operator.ne,
}
_MEMBERS = {
    "CRAWL_ID": "CrawlId",
    "STATE": "State",
    "START_TIME": "StartTime",
    "END_TIME": "EndTime",
    "DPU_HOUR": "DPUHour",
}
_NAMES_SHOWN = 4  # of tables: Summary is a string of at most 255 characters in the model


def summary(tables: Mapping[str, Sequence[str]], partitions: Mapping[str, int]) -> str:
    content: dict[str, Any] = {}
    for action, names in tables.items():
        details = {"names": list(names[:_NAMES_SHOWN])}
        content.setdefault("TABLE", {})[action] = {"Count": len(names), "Details": details}
    for action, count in partitions.items():
        content.setdefault("PARTITION", {})[action] = {"Count": count}
    return json.dumps(content)


def filtered(crawls: Sequence[Crawl], filters: Sequence[Mapping[str, Any]]) -> list[Crawl]:
    """Newest first; those that pass all filters. Raises InvalidInput for a value that is no number where one is needed."""
    passed = [crawl for crawl in crawls if all(_passes(crawl, each) for each in filters)]
    return passed[::-1]


def _passes(crawl: Crawl, wanted: Mapping[str, Any]) -> bool:
    name, compare = wanted.get("FieldName", ""), _COMPARE[wanted.get("FilterOperator") or "EQ"]
    value, found = wanted.get("FieldValue") or "", crawl.get(_MEMBERS.get(name, ""))
    if name in ("CRAWL_ID", "STATE"):
        return compare(str(found), value)
    try:
        number = float(value) / (1 if name == "DPU_HOUR" else 1000)  # times are given in milliseconds
    except ValueError:
        raise InvalidInput(f"{value!r} is not a value for {name}") from None  # [?]
    return found is not None and compare(float(found), number)


def metrics(document: Document) -> dict[str, Any]:
    """CrawlerMetrics. Numbers of tables are those of the last crawl that has ended."""
    ended = [crawl for crawl in document["Crawls"] if crawl["State"] != "RUNNING"]
    runtimes = [max(0.0, crawl["EndTime"] - crawl["StartTime"]) for crawl in ended]
    median = statistics.median(runtimes) if runtimes else 0.0
    running = [crawl for crawl in document["Crawls"] if crawl["State"] == "RUNNING"]
    left = max(0.0, median - (time.time() - running[-1]["StartTime"])) if running else 0.0
    counted = json.loads(ended[-1].get("Summary") or "{}").get("TABLE", {}) if ended else {}
    return {
        "CrawlerName": document["Crawler"]["Name"],
        "TimeLeftSeconds": left,
        "StillEstimating": bool(running) and not runtimes,
        "LastRuntimeSeconds": runtimes[-1] if runtimes else 0.0,
        "MedianRuntimeSeconds": median,
        **{
            member: counted.get(action, {}).get("Count", 0)
            for member, action in (("TablesCreated", "ADD"), ("TablesUpdated", "UPDATE"), ("TablesDeleted", "DELETE"))
        },
    }
