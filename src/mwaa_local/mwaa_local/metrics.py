"""`make metrics`: Airflow's metrics as the local CloudWatch has them, in the namespace AmazonMWAA."""

from __future__ import annotations

import importlib.util
import json
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from rich.live import Live
from rich.table import Table

from mwaa_local.console import out
from mwaa_local.demo import client
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT
from mwaa_local.stack import Stack

NAMESPACE = "AmazonMWAA"
NAMES = ROOT / "src" / "mwaa_airflow" / "mwaa_airflow" / "cloudwatch" / "metrics.py"
QUERIES = 500  # in one GetMetricData, at most
RECENT, LATELY = 300, 3600  # seconds: of which the rate is taken, within which something is shown at all
AGAIN = 5.0  # seconds between two looks
SHORT = {"Milliseconds": "ms", "Seconds": "s"}
MEANING = {"counter": "in the last hour", "gauge": "now", "timer": "average of the last hour"}


@dataclass(frozen=True)
class Row:
    """A metric. `value`: of a counter how often within the hour, of a gauge its last value, of a timer its average within
    the hour; `per_minute`: of a counter, or of what a timer measured, over the last five minutes."""

    name: str
    dimensions: dict[str, str]
    kind: str
    value: float
    unit: str
    per_minute: float | None


def show(stack: Stack, watch: bool, as_json: bool) -> None:
    """Prints the table; with `watch` again and again until Ctrl-C. Raises LocalError while there are no metrics."""
    if as_json:
        out.print(json.dumps([asdict(row) for row in read(stack)]), markup=False)
        return
    rows = read(stack)
    if not watch:
        if not rows:
            raise LocalError(
                f"There are no metrics of environment {stack.settings.env_name} yet.",
                f"the first come within {stack.settings.metrics_interval} s of Airflow's start; make status, "
                "make logs SERVICE=cloudwatch-agent",
            )
        out.print(_table(rows))
        return
    with Live(_table(rows), console=out, auto_refresh=False, vertical_overflow="visible") as live:
        while True:
            time.sleep(AGAIN)
            live.update(_table(read(stack)), refresh=True)


def read(stack: Stack) -> list[Row]:
    """All metrics of the environment that were put within the last hour, by name and dimensions."""
    cloudwatch, environment = client(stack.settings, "cloudwatch"), stack.settings.env_name
    listed = cloudwatch.get_paginator("list_metrics").paginate(
        Namespace=NAMESPACE, Dimensions=[{"Name": "Environment", "Value": environment}]
    )
    found = {_order(metric): metric for page in listed for metric in page["Metrics"]}
    metrics = [found[key] for key in sorted(found)]
    kinds, units = _kinds()
    hour = _statistics(cloudwatch, metrics, ("Sum", "Average"), LATELY, LATELY)
    rate = _statistics(cloudwatch, metrics, ("Sum", "SampleCount"), RECENT, RECENT)
    last = _statistics(cloudwatch, metrics, ("Average",), RECENT, 60)
    rows = []
    for number, metric in enumerate(metrics):
        name = metric["MetricName"]
        row = {"name": name, "unit": units.get(name, ""), "dimensions": _dimensions(metric)}
        if (number, "Sum") not in hour:
            continue
        if kinds.get(name) == "g":
            value = last.get((number, "Average"), hour[number, "Average"])
            rows.append(Row(**row, kind="gauge", value=value, per_minute=None))
        else:
            timer = kinds.get(name) == "ms"
            per_minute = rate.get((number, "SampleCount" if timer else "Sum"), 0.0) * 60 / RECENT
            value = hour[number, "Average" if timer else "Sum"]
            rows.append(Row(**row, kind="timer" if timer else "counter", value=value, per_minute=per_minute))
    return rows


def _statistics(
    cloudwatch: Any, metrics: list[Any], wanted: tuple[str, ...], seconds: int, period: int
) -> dict[tuple[int, str], float]:
    """The latest value of each statistic wanted, by the metric's number, where there is one within so many seconds."""
    now = datetime.now(timezone.utc) + timedelta(seconds=1)
    queries = [
        {
            "Id": f"m{number}_{statistic.lower()}",
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": m["MetricName"], "Dimensions": m["Dimensions"]},
                "Period": period,
                "Stat": statistic,
            },
        }
        for number, m in enumerate(metrics)
        for statistic in wanted
    ]
    values: dict[tuple[int, str], float] = {}
    for begin in range(0, len(queries), QUERIES):
        asked = queries[begin : begin + QUERIES]
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=asked,
            StartTime=now - timedelta(seconds=seconds),
            EndTime=now,
            ScanBy="TimestampDescending",
        )
        for query, result in zip(asked, answer["MetricDataResults"]):
            if result["Values"]:
                number = int(str(query["Id"])[1:].split("_")[0])
                values[number, query["MetricStat"]["Stat"]] = result["Values"][0]  # type: ignore[index]
    return values


def _kinds() -> tuple[dict[str, str], dict[str, str]]:
    """Kind, in statsd's words, and unit of each metric that MWAA's guide has: from Airflow's side, which needs them first."""
    spec = importlib.util.spec_from_file_location("mwaa_metrics", NAMES)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.KINDS, module.UNITS


def _dimensions(metric: Any) -> dict[str, str]:
    return {d["Name"]: d["Value"] for d in metric["Dimensions"] if d["Name"] != "Environment"}


def _order(metric: Any) -> tuple[Any, ...]:
    return metric["MetricName"], *sorted(_dimensions(metric).items())


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("metric")
    table.add_column("dimensions")
    for heading in ("value", "per minute"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        dimensions = ", ".join(f"{name}={value}" for name, value in sorted(row.dimensions.items()))
        unit = SHORT.get(row.unit, "")
        rate = "" if row.per_minute is None else f"{row.per_minute:.1f}"
        table.add_row(row.name, dimensions, f"{row.value:,.6g} {unit}".strip(), rate, MEANING[row.kind])
    return table
