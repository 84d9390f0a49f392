"""Spark's event log reaches S3 while a run goes on, and whatever ends the run."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.glue.service.conftest import processes
from tests.spark.runtime.conftest import A_SESSION, DATA, SparkAccount
from tests.support.polling import wait_until

UI = {"--enable-spark-ui": "true"}
COUNTED = A_SESSION + "print(spark.range(5).count(), spark.sparkContext.applicationId, flush=True)\n"
ENDLESS = COUNTED + "import time\ntime.sleep(600)\n"


def place(name: str) -> dict[str, str]:
    return {**UI, "--spark-event-logs-path": f"s3://{DATA}/event-logs/{name}/"}


def events(aws: SparkAccount, key: str) -> list[dict[str, Any]]:
    """Those of an object; a log that is still written may break off in its last line."""
    text = aws.s3.get_object(Bucket=DATA, Key=key)["Body"].read().decode()
    whole, _, rest = text.rpartition("\n")
    assert not rest or key.endswith(".inprogress"), rest
    return [json.loads(line) for line in whole.splitlines()]


def names(found: list[dict[str, Any]]) -> list[str]:
    return [event["Event"] for event in found]


def is_counting(aws: SparkAccount, name: str, **request: Any) -> str:
    """The id of a run of the endless job, which has counted and goes on."""
    run_id = aws.start(name, **request)
    wait_until(lambda: aws.output({"Id": run_id}).startswith("5 "), 60, "the job has counted")
    return run_id


def test_of_a_run_that_succeeds_it_is_whole(aws: SparkAccount) -> None:
    run = aws.result(COUNTED, Arguments=place("success"))
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    application = aws.output(run).split()[1]
    assert aws.keys("event-logs/success/") == [f"event-logs/success/{application}"]
    found = names(events(aws, f"event-logs/success/{application}"))
    assert found[0] == "SparkListenerLogStart" and found[-1] == "SparkListenerApplicationEnd"
    assert "SparkListenerJobEnd" in found


def test_it_is_there_while_the_run_goes_on_and_after_a_stop(aws: SparkAccount) -> None:
    name = aws.spark_job(ENDLESS)
    run_id = is_counting(aws, name, Arguments=place("stop"))
    (growing,) = wait_until(lambda: aws.keys("event-logs/stop/"), 30, "the log is in S3")  # type: ignore[misc]
    assert aws.run(name, run_id)["JobRunState"] == "RUNNING" and growing.endswith(".inprogress")
    wait_until(lambda: "SparkListenerJobEnd" in names(events(aws, growing)), 30, "the log in S3 grows")
    assert "SparkListenerApplicationEnd" not in names(events(aws, growing))
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert aws.ended(name, run_id)["JobRunState"] == "STOPPED"
    (ended,) = aws.keys("event-logs/stop/")
    assert ended == growing.removesuffix(".inprogress"), "SIGTERM lets Spark end its log"
    assert names(events(aws, ended))[-1] == "SparkListenerApplicationEnd"


def test_of_a_run_that_times_out_it_has_what_was_done_also_if_the_job_rolls_it(aws: SparkAccount) -> None:
    rolled = "spark.eventLog.rolling.enabled=true --conf spark.eventLog.rolling.maxFileSize=10m"
    run = aws.result(ENDLESS, Timeout=1, Arguments={**place("timeout"), "--conf": rolled})
    assert run["JobRunState"] == "TIMEOUT"
    application = aws.output(run).split()[1]
    folder = f"event-logs/timeout/eventlog_v2_{application}"
    assert aws.keys("event-logs/timeout/") == [f"{folder}/appstatus_{application}", f"{folder}/events_1_{application}"]
    assert "SparkListenerJobEnd" in names(events(aws, f"{folder}/events_1_{application}"))


def test_of_a_run_that_is_killed_it_has_what_was_done(aws: SparkAccount) -> None:
    """A log that Spark could not end stays one in progress."""
    name = aws.spark_job(ENDLESS)
    run_id = is_counting(aws, name, Arguments=place("kill"))
    for pid in processes(run_id):
        with contextlib.suppress(ProcessLookupError):  # ended with the one before
            os.kill(pid, signal.SIGKILL)
    assert aws.ended(name, run_id, 60)["JobRunState"] == "FAILED"
    (key,) = aws.keys("event-logs/kill/")
    assert key.endswith(".inprogress")
    assert "SparkListenerJobEnd" in names(events(aws, key))


def test_a_place_that_cannot_be_written_is_told_and_changes_nothing_else(aws: SparkAccount) -> None:
    script = "print('works on', file=open('spark-events/of-no-spark', 'w'))"
    run = aws.result(script, Arguments={**UI, "--spark-event-logs-path": "s3://no-such-bucket/logs/"})
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    told = "Spark's event log could not be put into s3://no-such-bucket/logs: "
    assert told in aws.output(run, "error") and "NoSuchBucket" in aws.output(run, "error")


@pytest.mark.parametrize("where", ["", "/tmp/logs", "s3://"])
def test_a_place_that_is_none_is_refused(aws: SparkAccount, where: str) -> None:
    run = aws.result("print('never')", Arguments={**UI, **({"--spark-event-logs-path": where} if where else {})})
    assert run["JobRunState"] == "FAILED" and "--spark-event-logs-path, s3://bucket/prefix/" in run["ErrorMessage"]
    assert not Path(aws.folder(run["Id"]) / "stdout").exists()
