"""The sample's jobs, run by Glue for real on generated events, judged by what the generator knows about them."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from mwaa_local import seed as seeding
from mwaa_local.settings import ROOT
from tests.support.localstack import CLIENT_ENVIRONMENT, JOBS, VENVS
from tests.support.polling import wait_until

DAY, END = "2024-02-29", "2024-03-01T00:00:00+00:00"  # a day, and the end of its interval as Airflow renders it
ROWS = 3000
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR")


class Pipeline:
    """The two jobs on buckets of its own, with `truth` about the one day that is in there."""

    def __init__(self, localstack, folder: Path) -> None:
        self.s3, self.glue, self.logs = (localstack.client(name) for name in ("s3", "glue", "logs"))
        mark = uuid.uuid4().hex[:8]
        self.raw, self.processed = f"raw-{mark}", f"processed-{mark}"
        for bucket in (self.raw, self.processed):
            self.s3.create_bucket(Bucket=bucket)
        self.truth = self._fill(folder)

    def _fill(self, folder: Path) -> dict:
        command = [sys.executable, ROOT / "glue/data/generate.py", "--date", DAY, "--rows", ROWS, "--bad-ratio", 0.02]
        command += ["--out", folder / "events", "--truth", folder / "truth.json"]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        for file in (folder / "events").rglob("*.gz"):
            self.s3.upload_file(str(file), self.raw, file.relative_to(folder).as_posix())
        return json.loads((folder / "truth.json").read_text())[DAY]

    def start(self, job: str, target_date: str = END) -> dict:
        """One run, to its end: GetJobRun's JobRun."""
        source = self.raw if job == "impressions_sessionise" else self.processed
        arguments = {"--target_date": target_date, "--s3_input_bucket": source, "--s3_output_bucket": self.processed}
        run_id = self.glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"]

        def ended() -> dict | None:
            run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            return run if run["JobRunState"] in ENDED else None

        run = wait_until(ended, 120, f"{job} has ended", interval=0.1)
        assert run is not None
        return run

    def run(self, job: str, target_date: str = END) -> str:
        """One run that succeeds: what it printed."""
        run = self.start(job, target_date)
        assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
        return wait_until(lambda: self._printed(run["Id"]), 30, "its output is in CloudWatch", interval=0.1)

    def _printed(self, run_id: str) -> str:
        group = "/aws-glue/python-jobs/output"
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=run_id)["logStreams"]
        events = [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]
        text = "\n".join(events)
        return text if "Wrote s3://" in text else ""

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.processed, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def body(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.processed, Key=key)["Body"].read())

    def rows(self, table: str) -> list[dict]:
        return [
            json.loads(line)
            for key in self.keys(f"{table}/dt={DAY}/")
            for line in gzip.decompress(self.body(key)).decode().splitlines()
        ]


@pytest.fixture(scope="module")
def redirected(localstack):
    """The boto3 of jobs reaches this LocalStack and nothing else; proven before any job is started."""
    python, table = VENVS / JOBS / "bin/python", localstack.state / "aws" / JOBS
    environment = os.environ | CLIENT_ENVIRONMENT
    asked = subprocess.run(
        [python, "-c", "import boto3; print(boto3.client('s3').meta.endpoint_url)"],
        env=environment | {"AWS_DATA_PATH": str(table), "AWS_CONFIG_FILE": str(table / "aws.config")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.strip() == localstack.endpoint


@pytest.fixture(scope="module")
def jobs(localstack, redirected):
    """The shipped jobs are in this account."""
    seed_file = seeding.seed_file_of(ROOT)
    seeding.seed(
        endpoint=localstack.endpoint, region="us-east-1", project=ROOT, seed_file=seed_file, log=lambda _: None
    )


@pytest.fixture
def pipeline(localstack, jobs, tmp_path):
    return Pipeline(localstack, tmp_path)


def test_both_jobs_find_exactly_what_is_in_the_events(pipeline):
    printed = pipeline.run("impressions_sessionise")
    truth = pipeline.truth
    assert f"Read 4 objects, {truth['lines']} lines" in printed
    assert f"Accepted {ROWS} events of {truth['users']} users in {truth['sessions']} sessions" in printed

    events = pipeline.rows("sessionised")
    assert len(events) == truth["accepted"] == ROWS
    assert len({event["event_id"] for event in events}) == ROWS
    assert len({event["user_id"] for event in events}) == truth["users"]
    assert len({event["session_id"] for event in events}) == truth["sessions"]
    assert {event["dt"] for event in events} == {DAY}

    pipeline.run("impressions_daily_aggregate")
    rows = pipeline.rows("daily_aggregate")
    assert len(rows) == truth["groups"]
    assert sum(row["impressions"] for row in rows) == ROWS
    assert sum(row["viewable"] for row in rows) == truth["viewable"]
    assert sum(row["clicks"] for row in rows) == truth["clicks"]
    assert round(sum(row["revenue_usd"] for row in rows) * 1_000_000) == truth["revenue_micros"]
    for row in rows:
        assert row["viewable_rate"] == round(row["viewable"] / row["impressions"], 4)
        assert row["ctr"] == round(row["clicks"] / row["impressions"], 4)
        assert row["users"] <= row["sessions"] <= row["impressions"]


def test_rejected_lines_are_kept_with_their_reason_and_where_they_were(pipeline):
    pipeline.run("impressions_sessionise")
    rejected = pipeline.rows("rejected")
    counted = {reason: sum(row["reason"] == reason for row in rejected) for reason in pipeline.truth["rejected"]}
    assert counted == pipeline.truth["rejected"]
    assert len(rejected) == sum(counted.values()) > 0
    row = rejected[0]
    source = gzip.decompress(pipeline.s3.get_object(Bucket=pipeline.raw, Key=row["source"])["Body"].read()).decode()
    assert source.split("\n")[row["line_number"] - 1] == row["line"]


def test_silence_of_exactly_thirty_minutes_is_one_session_and_a_millisecond_more_is_two(pipeline):
    pipeline.run("impressions_sessionise")
    sessions: dict[str, set[str]] = {"u-900001": set(), "u-900002": set()}
    for event in pipeline.rows("sessionised"):
        if event["user_id"] in sessions:
            sessions[event["user_id"]].add(event["session_id"])
    assert {user: len(found) for user, found in sessions.items()} == {"u-900001": 1, "u-900002": 2}


def test_a_second_run_gives_the_same_bytes_and_removes_what_is_stale(pipeline):
    pipeline.run("impressions_sessionise")
    pipeline.run("impressions_daily_aggregate")
    first = {key: pipeline.body(key) for key in pipeline.keys("")}
    assert len(first) == 3
    for table in ("sessionised", "daily_aggregate"):
        pipeline.s3.put_object(Bucket=pipeline.processed, Key=f"{table}/dt={DAY}/part-0001.json.gz", Body=b"stale")
    other_day = "sessionised/dt=2024-02-28/part-0000.json.gz"
    pipeline.s3.put_object(Bucket=pipeline.processed, Key=other_day, Body=b"another day is left alone")
    pipeline.run("impressions_sessionise")
    pipeline.run("impressions_daily_aggregate")
    assert pipeline.body(other_day) == b"another day is left alone"
    pipeline.s3.delete_object(Bucket=pipeline.processed, Key=other_day)
    assert {key: pipeline.body(key) for key in pipeline.keys("")} == first


@pytest.mark.parametrize("target_date", [DAY, "2024-02-29T13:00:00+00:00", "2024-03-01T00:00:00Z"])
def test_other_ways_to_name_the_same_day(pipeline, target_date):
    assert f"is the day {DAY}" in pipeline.run("impressions_sessionise", target_date)


@pytest.mark.parametrize("job", ["impressions_sessionise", "impressions_daily_aggregate"])
def test_a_day_without_input_fails_and_says_so(pipeline, job):
    run = pipeline.start(job, "2020-01-02T00:00:00+00:00")
    assert run["JobRunState"] == "FAILED"
    assert "No input" in run["ErrorMessage"] and "dt=2020-01-01/" in run["ErrorMessage"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (gzip.compress(b'{"event_id": 1}\n')[:-6], "is not a whole gzip file"),
        (gzip.compress(b"[]\nnull\n{}\n"), "No valid event among the 3 lines"),
    ],
    ids=["cut off", "nothing valid"],
)
def test_input_that_cannot_be_used_fails_and_writes_nothing(pipeline, content, complaint):
    pipeline.s3.put_object(Bucket=pipeline.raw, Key="events/dt=2024-01-01/part-00.json.gz", Body=content)
    run = pipeline.start("impressions_sessionise", "2024-01-01")
    assert run["JobRunState"] == "FAILED"
    assert complaint in run["ErrorMessage"]
    assert pipeline.keys("") == []


def test_values_of_the_wrong_type_are_rejected_and_not_fatal(pipeline):
    good = {
        "event_id": "1",
        "event_time": "2024-01-01T10:00:00.000Z",
        "user_id": "u",
        "campaign_id": "c",
        "publisher_id": "p",
        "country": "KR",
        "device": "tv",
        "price_micros": 5,
        "viewable": True,
        "clicked": False,
    }
    lines = [good, {**good, "event_id": ["2"]}, {**good, "viewable": "yes"}, {**good, "user_id": 7}]
    packed = gzip.compress("\n".join(json.dumps(line) for line in lines).encode())
    pipeline.s3.put_object(Bucket=pipeline.raw, Key="events/dt=2024-01-01/part-00.json.gz", Body=packed)
    assert "Rejected 3: {'wrong_type': 3}" in pipeline.run("impressions_sessionise", "2024-01-01")
