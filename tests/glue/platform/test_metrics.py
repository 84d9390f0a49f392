"""CloudWatch's metrics outlive LocalStack, and are asked for by all of their dimensions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.support.localstack import LocalStack
from tests.support.polling import wait_until


def put(cloudwatch: Any, **datum: Any) -> None:
    cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", **datum}])


def dimensions(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def statistic(cloudwatch: Any, which: str, **values: str) -> float:
    now = datetime.now(timezone.utc)
    found = cloudwatch.get_metric_statistics(
        Namespace="N", MetricName="m", Statistics=[which], Period=3600, Dimensions=dimensions(**values),
        StartTime=now - timedelta(minutes=50), EndTime=now + timedelta(minutes=10),
    )["Datapoints"]  # fmt: skip
    return sum(point[which] for point in found)


def test_metrics_are_exact_and_survive_a_kill(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    cloudwatch = own.client("cloudwatch")
    put(cloudwatch, Dimensions=dimensions(DAG="load"), Value=1)
    put(cloudwatch, Dimensions=dimensions(DAG="load_all"), Value=10)
    put(cloudwatch, Dimensions=dimensions(DAG="load", Task="t"), Values=[100.0, 200.0], Counts=[2.0, 1.0])
    statistics = {"SampleCount": 4, "Sum": 8, "Minimum": 1, "Maximum": 3}
    put(cloudwatch, Dimensions=dimensions(DAG="timed"), StatisticValues=statistics)
    put(cloudwatch, Value=5, Timestamp=datetime.now(timezone.utc) - timedelta(days=16))
    for _ in range(2):
        assert statistic(cloudwatch, "Sum", DAG="load") == 1
        assert statistic(cloudwatch, "Sum", DAG="load_all") == 10
        assert statistic(cloudwatch, "Sum", DAG="load", Task="t") == 400
        assert statistic(cloudwatch, "Average", DAG="timed") == 2
        assert statistic(cloudwatch, "Maximum", DAG="timed") == 3
        assert statistic(cloudwatch, "Sum") == 0
        listed = cloudwatch.list_metrics(Namespace="N", Dimensions=dimensions(DAG="load", Task="t"))["Metrics"]
        assert [metric["Dimensions"] for metric in listed] == [dimensions(DAG="load", Task="t")]
        own.kill()
        own.start()


def test_an_alarm_is_watched_again_after_a_restart(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    alarm = {
        "AlarmName": "a", "Namespace": "N", "MetricName": "m", "Dimensions": dimensions(DAG="load"), "Statistic": "Sum",
        "Period": 10, "EvaluationPeriods": 1, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    own.client("cloudwatch").put_metric_alarm(**alarm)
    own.stop()
    own.start()
    cloudwatch = own.client("cloudwatch")

    def rings() -> bool:
        put(cloudwatch, Dimensions=dimensions(DAG="load"), Value=10)
        return cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"

    wait_until(rings, 60, "the alarm rings")
