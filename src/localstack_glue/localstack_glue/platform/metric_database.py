"""CloudWatch's metrics: LocalStack keeps them in SQLite already, in a folder that it empties when it starts.

Changed here, tied to the pinned version and held by tests/glue/platform/test_metrics.py:

    where       in the state folder, so that metrics outlive LocalStack
    writing     a PutMetricData is one transaction without fsync; LocalStack opens the file and syncs it for every metric
    reading     a metric is asked for by its whole set of dimensions, as on AWS. LocalStack takes what contains them, so that
                DAG=load would also sum up DAG=load_all
    keeping     15 days, as AWS keeps data of one minute
    starting    alarms are scheduled again from what was saved. LocalStack asks every region of AWS for its alarms, through a
                client for each, which takes 35 MB and half a second of work at every start
    ending      the thread of the alarms ends with the process. LocalStack's would keep it alive if it is told to stop while it
                still starts: the thread then begins after all that could end it
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.cloudwatch.alarm_scheduler import AlarmScheduler
from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase
from localstack.services.cloudwatch.models import LocalStackMetricAlarm, cloudwatch_stores

KEPT_S = 15 * 24 * 3600
SWEEP_EVERY_S = 3600
OLD = (
    "DELETE FROM SINGLE_METRICS WHERE timestamp < ?",
    "DELETE FROM AGGREGATED_METRICS WHERE timestamp < ?",
)
SINGLE = (
    "INSERT INTO SINGLE_METRICS (account_id, region, metric_name, namespace, timestamp, dimensions, unit, "
    "storage_resolution, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
AGGREGATED = (
    "INSERT INTO AGGREGATED_METRICS (account_id, region, metric_name, namespace, timestamp, dimensions, unit, "
    "storage_resolution, sample_count, sum, min, max) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

_exact = threading.local()
_swept = [0.0]


def install(folder: Path) -> None:
    """Before the service makes its database."""
    CloudwatchDatabase.CLOUDWATCH_DATA_ROOT = str(folder)
    CloudwatchDatabase.METRICS_DB = str(folder / CloudwatchDatabase.DB_NAME)
    CloudwatchDatabase.METRICS_DB_READ_ONLY = f"file:{CloudwatchDatabase.METRICS_DB}?mode=ro"
    CloudwatchDatabase.add_metric_data = _add
    AlarmScheduler.start = _start_alarms
    AlarmScheduler.restart_existing_alarms = _schedule_alarms
    asked, ordered = CloudwatchDatabase.get_metric_data_stat, CloudwatchDatabase._get_ordered_dimensions_with_separator

    def ask(self: CloudwatchDatabase, *arguments: Any, **named: Any) -> Any:
        _exact.on = True
        try:
            return asked(self, *arguments, **named)
        finally:
            _exact.on = False

    def order(self: CloudwatchDatabase, dims: Any, for_search: bool = False) -> Any:
        return ordered(self, dims, for_search and not getattr(_exact, "on", False))

    CloudwatchDatabase.get_metric_data_stat = ask
    CloudwatchDatabase._get_ordered_dimensions_with_separator = order


def _start_alarms(self: AlarmScheduler) -> None:
    if not (self.thread and self.thread.is_alive()):
        self.thread = threading.Thread(target=self.scheduler.run, name="cloudwatch-scheduler", daemon=True)
        self.thread.start()
        SHUTDOWN_HANDLERS.register(self.shutdown)


def _schedule_alarms(self: AlarmScheduler) -> None:
    for _account, regions in cloudwatch_stores.items():
        for store in regions.values():
            for arn, alarm in list(store.alarms.items()):
                if isinstance(alarm, LocalStackMetricAlarm):
                    self.schedule_metric_alarm(arn)


def _add(self: CloudwatchDatabase, account_id: str, region: str, namespace: str, metric_data: Any) -> None:
    with self.DATABASE_LOCK, closing(sqlite3.connect(self.METRICS_DB)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        for metric in metric_data:
            when = metric.get("Timestamp")
            common = (
                *(account_id, region, metric.get("MetricName"), namespace),
                self._convert_timestamp_to_unix(when) if when else int(time.time()),
                self._get_ordered_dimensions_with_separator(metric.get("Dimensions")),
                *(metric.get("Unit"), metric.get("StorageResolution")),
            )
            connection.executemany(SINGLE, [(*common, value) for value in _values(metric)])
            if statistics := metric.get("StatisticValues"):
                found = [statistics.get(name) for name in ("SampleCount", "Sum", "Minimum", "Maximum")]
                connection.execute(AGGREGATED, (*common, *found))
        _sweep(connection)


def _values(metric: Any) -> Iterator[float]:
    if metric.get("Value") is not None:
        yield metric["Value"]
        return
    values = metric.get("Values") or []
    for value, count in zip(values, metric.get("Counts") or [1] * len(values), strict=True):
        yield from [value] * int(count)


def _sweep(connection: sqlite3.Connection) -> None:
    if time.monotonic() - _swept[0] < SWEEP_EVERY_S and _swept[0]:
        return
    _swept[0] = time.monotonic()
    for delete in OLD:
        connection.execute(delete, (int(time.time()) - KEPT_S,))
