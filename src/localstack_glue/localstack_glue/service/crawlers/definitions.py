"""Crawler definitions in AWS's shape (the `Crawler` of GetCrawler): rules and defaults."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from typing import Any

from .. import schedules
from ..errors import InvalidInput

Crawler = dict[str, Any]
READY, RUNNING, STOPPING = "READY", "RUNNING", "STOPPING"
SCHEDULED, NOT_SCHEDULED = "SCHEDULED", "NOT_SCHEDULED"
TARGETS = (
    "S3Targets", "JdbcTargets", "MongoDBTargets", "DynamoDBTargets", "CatalogTargets", "DeltaTargets", "IcebergTargets",
    "HudiTargets",
)  # fmt: skip
_TAKEN = (
    "Role", "DatabaseName", "Description", "Targets", "Classifiers", "TablePrefix", "SchemaChangePolicy", "RecrawlPolicy",
    "LineageConfiguration", "LakeFormationConfiguration", "Configuration", "CrawlerSecurityConfiguration",
)  # fmt: skip
_SAMPLE_SIZES = range(1, 250)
# What Configuration may hold (guide: "Setting crawler configuration options").
_CONFIGURATION: Mapping[str, Any] = {
    "Version": None,
    "CreatePartitionIndex": None,
    "CrawlerOutput": {
        "Partitions": {"AddOrUpdateBehavior": ("InheritFromTable",)},
        "Tables": {"AddOrUpdateBehavior": ("MergeNewColumns",), "TableThreshold": None},
    },
    "Grouping": {"TableGroupingPolicy": ("CombineCompatibleSchemas",), "TableLevelConfiguration": None},
}


def created(request: Mapping[str, Any]) -> Crawler:
    """The crawler that CreateCrawler makes. Raises InvalidInput."""
    now = time.time()
    crawler = {
        "Name": request["Name"],
        "Classifiers": [],
        "State": READY,
        "CrawlElapsedTime": 0,
        "CreationTime": now,
        "LastUpdated": now,
        "Version": 1,
        **_taken(request),
    }
    return _completed(_with_schedule(crawler, request))


def updated(crawler: Crawler, change: Mapping[str, Any]) -> Crawler:
    """The crawler after UpdateCrawler: what `change` leaves out stays. Raises InvalidInput."""
    now = {**crawler, **_taken(change), "LastUpdated": time.time(), "Version": crawler["Version"] + 1}
    return _completed(_with_schedule(now, change))


def configuration(crawler: Crawler) -> dict[str, Any]:
    """Raises InvalidInput if it is not what AWS takes."""
    text = crawler.get("Configuration")
    if not text:
        return {}
    try:
        content = json.loads(text)
    except ValueError as problem:
        raise InvalidInput(f"The Configuration is not JSON: {problem}") from None  # [?]
    if not isinstance(content, dict) or content.get("Version") != 1:
        raise InvalidInput("The Configuration must be a JSON object with Version 1.0")  # [?]
    _check_keys("Configuration", content, _CONFIGURATION)
    level = content.get("Grouping", {}).get("TableLevelConfiguration", 1)
    threshold = content.get("CrawlerOutput", {}).get("Tables", {}).get("TableThreshold", 1)
    for name, value in (("TableLevelConfiguration", level), ("TableThreshold", threshold)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InvalidInput(f"{name} must be a positive integer")  # [?]
    return content


def _check_keys(where: str, content: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    unsupported = [key for key in content if key not in known]
    if unsupported:
        raise InvalidInput(f"{where} contains unsupported keys: {', '.join(unsupported)}.")  # [R]
    for key, value in content.items():
        path = key if where == "Configuration" else f"{where}.{key}"
        if isinstance(known[key], Mapping):
            if not isinstance(value, dict):
                raise InvalidInput(f"{path} must be an object")  # [?]
            _check_keys(path, value, known[key])
        elif known[key] and value not in known[key]:
            raise InvalidInput(f"{path} must be one of: {', '.join(known[key])}")  # [?]


def _taken(request: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: copy.deepcopy(request[key]) for key in _TAKEN if request.get(key) is not None}
    if "Role" in given and ":role/" in given["Role"]:  # AWS shows the name, with its path
        given["Role"] = given["Role"].partition(":role/")[2]
    return given


def _completed(crawler: Crawler) -> Crawler:
    """With defaults, checked as a whole."""
    targets = crawler.get("Targets") or {}
    filled = {kind: [dict(each) for each in targets.get(kind) or []] for kind in TARGETS}
    for each in filled["S3Targets"] + filled["JdbcTargets"]:
        each.setdefault("Exclusions", [])
    crawler = {
        **crawler,
        "Targets": filled,
        "SchemaChangePolicy": {
            "UpdateBehavior": "UPDATE_IN_DATABASE",
            "DeleteBehavior": "DEPRECATE_IN_DATABASE",
            **(crawler.get("SchemaChangePolicy") or {}),
        },
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING", **(crawler.get("RecrawlPolicy") or {})},
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE", **(crawler.get("LineageConfiguration") or {})},
        "LakeFormationConfiguration": {
            "UseLakeFormationCredentials": False,
            "AccountId": "",
            **(crawler.get("LakeFormationConfiguration") or {}),
        },
    }
    _check_targets(crawler)
    _check_policies(crawler)
    configuration(crawler)
    return crawler


def _check_targets(crawler: Crawler) -> None:
    targets = crawler["Targets"]
    kinds = [kind for kind in TARGETS if targets[kind]]
    if not kinds:
        raise InvalidInput("At least one crawl target must be specified.")  # [M]
    if "CatalogTargets" in kinds and len(kinds) > 1:
        raise InvalidInput("CatalogTargets cannot be combined with targets of another kind.")  # [M]
    if kinds != ["CatalogTargets"] and not crawler.get("DatabaseName"):
        raise InvalidInput("DatabaseName must be given: it is where the crawler writes its tables.")  # [?]
    for target in targets["S3Targets"]:
        path = target.get("Path") or ""
        bucket = path.removeprefix("s3://").partition("/")[0]
        if not bucket or ("://" in path and not path.startswith("s3://")):
            raise InvalidInput(
                f"The path {path or '(none)'} of an S3 target is not valid; wanted: s3://bucket/prefix"
            )  # [?]
        if target.get("SampleSize") is not None and target["SampleSize"] not in _SAMPLE_SIZES:
            raise InvalidInput("SampleSize must be an integer between 1 and 249.")  # [M]


def _check_policies(crawler: Crawler) -> None:
    changes, recrawl = crawler["SchemaChangePolicy"], crawler["RecrawlPolicy"]["RecrawlBehavior"]
    logged = changes["UpdateBehavior"] == changes["DeleteBehavior"] == "LOG"
    if recrawl == "CRAWL_NEW_FOLDERS_ONLY" and not logged:
        raise InvalidInput(
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior value '
            "and LOG UpdateBehavior value."
        )  # [R]
    if recrawl == "CRAWL_EVENT_MODE":
        raise InvalidInput(
            "CRAWL_EVENT_MODE is not available in this local Glue service, which gets no Amazon S3 events. "
            "Use CRAWL_EVERYTHING or CRAWL_NEW_FOLDERS_ONLY."
        )  # [?]
    if crawler["Targets"]["CatalogTargets"] and changes["DeleteBehavior"] != "LOG":
        raise InvalidInput("The SchemaChangePolicy for a Catalog target can have only LOG DeleteBehavior value.")  # [?]


def _with_schedule(crawler: Crawler, request: Mapping[str, Any]) -> Crawler:
    return crawler if request.get("Schedule") is None else scheduled(crawler, request["Schedule"])


def scheduled(crawler: Crawler, expression: str) -> Crawler:
    """With another schedule, which is on; "" takes it away. Raises InvalidInput."""
    if not expression:
        return {key: value for key, value in crawler.items() if key != "Schedule"}
    schedules.parse(expression)
    return {**crawler, "Schedule": {"ScheduleExpression": expression, "State": SCHEDULED}}
