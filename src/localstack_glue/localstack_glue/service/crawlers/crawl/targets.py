"""The targets of a crawl, one after the other: read, grouped, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from json import dumps
from typing import Any

from . import retargeting
from .catalog import Catalog, Changes, Policy
from .classify import Classifiers
from .globs import excluder
from .grouping import File, Grouping
from .log import CrawlLog
from .objects import Object, Place, Store, Unreachable
from .tables import Tables

# What a crawl of these would need is not here: the data store, or a reader of its format.
UNAVAILABLE = {
    "JdbcTargets": "JDBC",
    "MongoDBTargets": "MongoDB and DocumentDB",
    "DynamoDBTargets": "DynamoDB",
    "DeltaTargets": "Delta Lake",
    "IcebergTargets": "Iceberg",
    "HudiTargets": "Hudi",
}


class Order:
    """What the service asks for: the crawler's definition, the crawl's id, the custom classifiers, the folders that earlier
    crawls have seen. See engine.py, which writes it."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.crawler: Mapping[str, Any] = content["Crawler"]
        self.crawl_id = str(content["CrawlId"])
        self.configuration: Mapping[str, Any] = content["Configuration"]
        self.classifiers: Sequence[Mapping[str, Any]] = content["Classifiers"]
        self.seen = frozenset(content["Folders"])

    @property
    def only_new(self) -> bool:
        return bool(self.crawler["RecrawlPolicy"]["RecrawlBehavior"] == "CRAWL_NEW_FOLDERS_ONLY")

    def grouping(self) -> Grouping:
        asked = self.configuration.get("Grouping", {})
        return Grouping(
            asked.get("TableGroupingPolicy") == "CombineCompatibleSchemas", int(asked.get("TableLevelConfiguration", 0))
        )

    def policy(self) -> Policy:
        output = self.configuration.get("CrawlerOutput", {})
        changes = self.crawler["SchemaChangePolicy"]
        return Policy(
            changes["UpdateBehavior"],
            changes["DeleteBehavior"],
            output.get("Tables", {}).get("AddOrUpdateBehavior") == "MergeNewColumns",
            output.get("Partitions", {}).get("AddOrUpdateBehavior") == "InheritFromTable",
            self.configuration.get("CreatePartitionIndex", True) is not False,
            int(output.get("Tables", {}).get("TableThreshold", 0)),
        )


class Crawl:
    """`s3` and `glue` are clients of the crawler's account and region. `folders` are, after `run`, those that were read."""

    def __init__(self, order: Order, s3: Any, glue: Any, changes: Changes) -> None:
        self._order, self._glue, self._changes = order, glue, changes
        self._log = CrawlLog(order.crawl_id)
        self._store = Store(s3)
        self._classifiers = Classifiers(self._store, order.classifiers, self._log)
        self.folders: list[str] = []

    def run(self) -> None:
        """Raises Unreachable, and ClientError if the catalog refuses something."""
        targets = self._order.crawler["Targets"]
        self._log.benchmark(f"Running Start Crawl for Crawler {self._order.crawler['Name']}")
        for kind, words in UNAVAILABLE.items():
            if targets.get(kind):
                raise Unreachable(
                    f"{kind} ({words}) cannot be crawled by this local Glue service, so nothing was written. "
                    "S3Targets and CatalogTargets can."
                )
        places = [Place.parse(target["Path"]) for target in targets["S3Targets"]]
        found = [(place, self._files(place, target)) for place, target in zip(places, targets["S3Targets"])]
        database = self._order.crawler.get("DatabaseName", "")
        self._log.benchmark(f"Classification complete, writing results to database {database}")
        self._tell_policy()
        if found:
            self._write(found, self._catalog(database))
        for target in targets["CatalogTargets"]:
            for name in target["Tables"]:
                self._recrawl(target["DatabaseName"], name)
        self._log.benchmark("Finished writing to Catalog")
        self._summarise()

    def _recrawl(self, database: str, name: str) -> None:
        """A table as a target: its location is read again."""
        place = retargeting.place_of(self._glue, database, name)
        files = [File(each, self._classifiers.schema(each)) for each in self._store.listed(place)]
        dataset = retargeting.dataset_of(place, files)
        if dataset is None:
            self._log.info(f"A matching schema was not found at the location of table {name}.")
            return
        tables = retargeting.OneTable(self._order.crawler["Name"], self._order.crawl_id, name)
        Catalog(self._glue, database, tables, policy=self._order.policy(), log=self._log, changes=self._changes).write(
            dataset
        )

    def _catalog(self, database: str) -> Catalog:
        crawler = self._order.crawler
        tables = Tables(crawler["Name"], self._order.crawl_id, crawler.get("TablePrefix", ""))
        return Catalog(self._glue, database, tables, policy=self._order.policy(), log=self._log, changes=self._changes)

    def _files(self, place: Place, target: Mapping[str, Any]) -> list[File]:
        excluded = excluder(list(target.get("Exclusions") or []))
        below = len(place.path) + 1 if place.path else 0
        objects = [each for each in self._store.listed(place) if not excluded(each.key[below:])]
        if not objects:
            self._log.warn(f"There is nothing to crawl at {target['Path']}")
        folders: dict[str, list[Object]] = {}
        for each in objects:
            folders.setdefault(f"s3://{place.bucket}/{each.key.rpartition('/')[0]}/", []).append(each)
        self.folders.extend(folders)
        return [
            File(each, self._classifiers.schema(each))
            for folder, members in folders.items()
            if not (self._order.only_new and folder in self._order.seen)
            for each in members[: target.get("SampleSize") or None]
        ]

    def _write(self, found: list[tuple[Place, list[File]]], catalog: Catalog) -> None:
        catalog.ensure_database()
        grouping, datasets = self._order.grouping(), []
        for place, files in found:
            stops = catalog.roots(place.bucket) if self._order.only_new else frozenset()
            datasets += replace(grouping, stops=stops).datasets(place, files)
        most = self._order.policy().most_tables
        if most and len(datasets) > most:
            raise Unreachable(
                f"The number of tables detected by crawler: {len(datasets)} is greater than the table threshold value "
                f"provided: {most}. Failing crawler without writing to Data Catalog."
            )
        written = {catalog.write(dataset): dataset for dataset in datasets}
        if not self._order.only_new:
            catalog.retire([place for place, _ in found], written)

    def _tell_policy(self) -> None:
        policy = dumps(self._order.crawler["SchemaChangePolicy"], separators=(",", ":"))
        if self._order.configuration:
            configuration = dumps(self._order.configuration, separators=(",", ":"))
            self._log.info(
                f"Crawler configured with Configuration {configuration} and SchemaChangePolicy {policy}. Note that values in "
                "the Configuration override values in the SchemaChangePolicy for S3 Targets."
            )
        else:
            self._log.info(f"Crawler configured with SchemaChangePolicy {policy}.")

    def _summarise(self) -> None:
        tables = {action: len(names) for action, names in self._changes.tables.items()}
        for kind, counts in (("PARTITION", self._changes.partitions), ("TABLE", tables)):
            if counts:
                self._log.info(f"Run Summary For {kind}:")
                for action, count in counts.items():
                    self._log.info(f"{action}: {count}")
