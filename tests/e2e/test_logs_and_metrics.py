"""Logs and metrics of a running stack, as whoever uses AWS's own clients sees them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from tests.e2e.test_glue_dags import logged_in
from tests.support.stack import poll

GROUPS = [f"airflow-local-{kind}" for kind in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")]
DAG_ID, TASK_ID = "plain_boto3", "python"


@pytest.fixture(scope="module")
def run(stack):
    """A run that has ended: {"run_id", "logical_date", "stream"}; `stream` is that of its task `python`."""
    run_id = "logs_and_metrics"
    stack.trigger(DAG_ID, run_id)
    ended = stack.wait_for_run(DAG_ID, run_id, 240)
    assert ended, stack.task_logs(DAG_ID)
    date = ended["logical_date"]
    return {"run_id": run_id, "date": date, "stream": f"{DAG_ID}/{TASK_ID}/{date}/1.log".replace(":", "_")}


def lines(logs, group, stream):
    try:
        answer = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"] for event in answer["events"]]


def everything(logs, group, beginning):
    """What the streams of a group say whose names begin so."""
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=beginning)["logStreams"]
    return "\n".join(line for stream in streams for line in lines(logs, group, stream["logStreamName"]))


def test_the_log_of_a_task_is_in_its_stream_line_by_line(stack, run):
    there = poll(lambda: lines(stack.client("logs"), "airflow-local-Task", run["stream"]), 30)
    assert "Task exited with return code 0" in "\n".join(there)
    file = stack.read(f"$AIRFLOW_HOME/logs/{DAG_ID}/{TASK_ID}/{run['date']}/1.log")
    assert "\n".join(there).split("\n") == file.strip("\n").split("\n")[1:], "the file and the stream differ"


def test_the_web_page_reads_it_back_from_cloudwatch(stack, run):
    with logged_in(stack) as web:
        asked = {
            "dag_id": DAG_ID,
            "task_id": TASK_ID,
            "execution_date": run["date"],
            "try_number": 1,
            "metadata": "null",
        }
        shown = json.dumps(web.get("/get_logs_with_metadata", params=asked).json())
    assert f"*** Reading remote log from Cloudwatch log_group: airflow-local-Task log_stream: {run['stream']}." in shown
    assert "Task exited with return code 0" in shown


def test_every_component_has_its_group_and_its_stream(stack, run):
    logs = stack.client("logs")
    groups = {
        group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix="airflow-local-")["logGroups"]
    }
    assert groups == set(GROUPS)
    for group, beginning, said in (
        ("airflow-local-Scheduler", "scheduler_", "Starting the scheduler"),
        ("airflow-local-Worker", "worker_", "Executing command in Celery"),
        ("airflow-local-WebServer", "webserver_", "GET /"),
        ("airflow-local-DAGProcessing", f"scheduler_{DAG_ID}.py.log", "retrieved from"),
        ("airflow-local-DAGProcessing", "dag_processor_manager.log", "DAG File Processing Stats"),
    ):
        found = poll(lambda group=group, beginning=beginning, said=said: said in everything(logs, group, beginning), 60)
        assert found, (group, beginning)


def test_metrics_are_in_cloudwatch_and_make_metrics_shows_them(stack, run):
    cloudwatch = stack.client("cloudwatch")
    now = datetime.now(timezone.utc)

    def sum_of(name, **dimensions):
        found = cloudwatch.get_metric_statistics(
            Namespace="AmazonMWAA", MetricName=name, Statistics=["Sum"], Period=3600,
            StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=10),
            Dimensions=[{"Name": k, "Value": v} for k, v in {"Environment": "local", **dimensions}.items()],
        )["Datapoints"]  # fmt: skip
        return sum(point["Sum"] for point in found)

    assert poll(lambda: sum_of("TaskInstanceSuccesses", DAG="All", Task="All") >= 2, 60)
    assert poll(lambda: sum_of("SchedulerHeartbeat", Function="Scheduler"), 60)
    assert poll(lambda: sum_of("TaskInstanceDuration", DAG=DAG_ID, Task=TASK_ID), 60) > 0
    shown = stack.command("metrics")
    assert shown.returncode == 0, shown.stderr
    assert "DagBagSize" in shown.stdout and f"DAG={DAG_ID}, Task={TASK_ID}" in shown.stdout
    rows = json.loads(stack.command("metrics", "--json").stdout)
    [heartbeat] = [row for row in rows if row["name"] == "SchedulerHeartbeat"]
    assert heartbeat["kind"] == "counter" and heartbeat["value"] > 0
