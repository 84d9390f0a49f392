"""The sample with Spark, for real: DAG, jobs, crawler, Data Catalog, report; and Spark's history server on what it left."""

import json
import os
import signal
import socket

import httpx
import psutil
import pytest

from tests.support.localstack import VENVS, run_python
from tests.support.stack import poll

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("MODE") == "docker", reason="the images of Docker mode have no Spark"),
]
DAG_ID, DAYS, LAST = "impressions_spark", ["2023-04-29", "2023-04-30", "2023-05-01"], "2023-05-01"
PROCESSED = "impressions-processed"
COUNT = """
import json, sys
import pyarrow.parquet as parquet
rows = [row for file in sys.argv[1:] for row in parquet.read_table(file).to_pylist()]
print(json.dumps({
    "accepted": len(rows),
    "events": len({row["event_id"] for row in rows}),
    "sessions": len({row["session_id"] for row in rows}),
    "revenue_micros": sum(row["price_micros"] for row in rows),
}))
"""


@pytest.fixture(scope="module")
def sample(stack):
    """The sample's run, done once, for the three days that end with LAST."""
    stack.trigger(DAG_ID, "test__spark", "--conf", json.dumps({"target_date": LAST}))
    run = stack.wait_for_run(DAG_ID, "test__spark", 600)
    assert run and run["state"] == "success", stack.task_logs(DAG_ID)
    return run


def content(stack, bucket, key):
    return stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def keys(stack, prefix):
    listed = stack.client("s3").list_objects_v2(Bucket=PROCESSED, Prefix=prefix).get("Contents", [])
    return [one["Key"] for one in listed]


def test_every_task_has_succeeded_and_so_has_each_glue_run(stack, sample):
    assert {task["state"] for task in sample["tasks"]} == {"success"} and len(sample["tasks"]) == 7
    for job in ("impressions_spark_events", "impressions_spark_sessionise", "impressions_spark_report"):
        [run] = stack.client("glue").get_job_runs(JobName=job)["JobRuns"]
        assert run["JobRunState"] == "SUCCEEDED" and run["StateDetail"].startswith("Provenance: real")
        handed_over = [
            x["value"] for x in stack.airflow.xcoms(DAG_ID, "test__spark")
            if x["task_id"] == f"{job}.run_glue_job" and x["key"] == "return_value"
        ]  # fmt: skip
        assert handed_over == [run["Id"]]


@pytest.mark.usefixtures("sample")
def test_the_crawler_has_made_tables_whose_partitions_are_the_days(stack):
    glue = stack.client("glue")
    tables = {table["Name"]: table for table in glue.get_tables(DatabaseName="impressions_spark")["TableList"]}
    assert set(tables) == {"sessionised", "rejected"}
    columns = {column["Name"]: column["Type"] for column in tables["sessionised"]["StorageDescriptor"]["Columns"]}
    assert (columns["session_id"], columns["event_time"], columns["price_micros"], columns["viewable"]) == (
        "string", "timestamp", "bigint", "boolean",
    )  # fmt: skip
    for name, table in tables.items():
        assert [key["Name"] for key in table["PartitionKeys"]] == ["dt"]
        found = glue.get_partitions(DatabaseName="impressions_spark", TableName=name)["Partitions"]
        assert sorted(one["Values"] for one in found) == [[day] for day in DAYS]


def counted(stack, folder, day):
    """What the Parquet files of a day hold, read by LocalStack's interpreter, which has a library for that."""
    files = []
    for key in keys(stack, f"spark/sessionised/dt={day}/"):
        files.append(folder / key.rpartition("/")[2])
        files[-1].write_bytes(content(stack, PROCESSED, key))
    return json.loads(run_python(VENVS / "localstack" / "bin" / "python", COUNT, *map(str, files)))


@pytest.mark.usefixtures("sample")
def test_the_parquet_files_and_the_report_hold_what_was_sent(stack, tmp_path):
    """Counted here without Spark; `sent` is what the generator counted, apart from all jobs."""
    report = json.loads(content(stack, PROCESSED, f"spark/report/{LAST}.json"))
    assert [day["dt"] for day in report["days"]] == DAYS
    for day, reported in zip(DAYS, report["days"], strict=True):
        sent = json.loads(content(stack, "impressions-raw", f"spark/manifest/dt={day}.json"))
        assert sent["accepted"] == 100_000
        found = counted(stack, tmp_path, day)
        assert found.pop("events") == sent["accepted"]
        for name, number in found.items():
            assert number == sent[name] == reported[name], name
    assert sum(campaign["impressions"] for campaign in report["campaigns"]) == 100_000 * len(DAYS)


@pytest.mark.usefixtures("sample")
def test_the_history_server_shows_the_run_and_ends_without_a_trace(stack, monkeypatch):
    monkeypatch.setitem(stack.environment, "SPARK_HISTORY_PORT", "0")
    command = stack.begin("spark-history")
    try:
        said = poll(command.stdout.readline, 60)
        assert f"event logs of s3://{PROCESSED}/spark/event-logs/" in said
        url = said.split("server: ")[1].split()[0]
        server = psutil.Process(command.pid).children(recursive=True)
        [application] = httpx.get(f"{url}/api/v1/applications").json()
        assert application["name"] == "impressions_spark_sessionise" and application["attempts"][0]["completed"]
        stages = httpx.get(f"{url}/api/v1/applications/{application['id']}/stages", timeout=30).json()
        assert sum(stage["status"] == "COMPLETE" for stage in stages) >= 3
        page = httpx.get(f"{url}/history/{application['id']}/jobs/", follow_redirects=True, timeout=30)
        assert page.status_code == 200 and "Completed Jobs" in page.text
        [address] = {c.laddr[0] for p in server for c in p.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
        assert address.removeprefix("::ffff:") == "127.0.0.1"
    finally:
        command.send_signal(signal.SIGINT)
        assert command.wait(30) == 0, command.stdout.read()
    assert server and not any(process.is_running() for process in server)


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize(
    ("events", "told"),
    [
        ("/tmp/logs", "EVENTS=/tmp/logs is no place in S3"),
        (f"s3://{PROCESSED}/none/", f"There are no event logs at s3://{PROCESSED}/none"),
        ("s3://there-is-no-bucket/logs", "There are no event logs at s3://there-is-no-bucket/logs"),
    ],
)
def test_a_place_without_event_logs_is_refused(stack, events, told):
    done = stack.command("spark-history", "--events", events)
    assert done.returncode == 1 and told in done.stderr and "Traceback" not in done.stderr


@pytest.mark.usefixtures("sample")
def test_event_logs_in_two_places_are_told_and_one_is_to_be_chosen(stack):
    glue = stack.client("glue")
    arguments = {"--spark-event-logs-path": f"s3://{PROCESSED}/spark/report/"}  # any place that holds something
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{PROCESSED}/none.py"}
    glue.create_job(Name="another-place", Role="role", Command=command, DefaultArguments=arguments)
    try:
        done = stack.command("spark-history")
    finally:
        glue.delete_job(JobName="another-place")
    assert done.returncode == 1 and "make spark-history EVENTS=s3://" in done.stderr
    for place in ("event-logs", "report"):
        assert f"s3://{PROCESSED}/spark/{place}" in done.stderr


@pytest.mark.usefixtures("sample")
def test_a_taken_port_is_told_with_its_holder(stack, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setitem(stack.environment, "SPARK_HISTORY_PORT", str(taken.getsockname()[1]))
        done = stack.command("spark-history")
    assert done.returncode == 1 and "is in use by" in done.stderr and "make spark-history" in done.stderr


@pytest.mark.usefixtures("sample")
def test_the_report_fails_when_an_event_is_missing(stack):
    s3, glue = stack.client("s3"), stack.client("glue")
    key = f"spark/manifest/dt={LAST}.json"
    sent = json.loads(content(stack, "impressions-raw", key))
    changed = {**sent, "accepted": sent["accepted"] + 1}
    s3.put_object(Bucket="impressions-raw", Key=key, Body=json.dumps(changed))
    arguments = {"target_date": LAST, "days": "1", "database": DAG_ID, "s3_input_bucket": "impressions-raw",
                 "s3_output_bucket": PROCESSED}  # fmt: skip
    job = "impressions_spark_report"
    run_id = glue.start_job_run(JobName=job, Arguments={f"--{k}": v for k, v in arguments.items()})["JobRunId"]

    def ended():
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        return run if run["JobRunState"] in ("SUCCEEDED", "FAILED") else None

    run = poll(ended, 240)
    assert run and run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == f"WrongNumbers: {LAST} accepted: 100000, sent 100001"
