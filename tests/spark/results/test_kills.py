"""A job that is ended in the middle of a write leaves what was there, and nothing of its own; only static overwrite deletes
first, as on AWS."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.glue.service.conftest import processes
from tests.spark.runtime.conftest import A_SESSION, DATA, SparkAccount
from tests.support.polling import wait_until

# For each mode a write of two tasks at once: one ends and is committed, the other writes its rows and never ends. Each task
# leaves a mark in the run's folder.
SCRIPT = (
    A_SESSION
    + """
import sys, threading, time
root, modes = sys.argv[sys.argv.index("--root") + 1], sys.argv[sys.argv.index("--modes") + 1].split(",")

def write(mode):
    def rows(index, _):
        for n in range(20000):
            yield (n, "x" * 100)
        open(f"wrote-{mode}-{index}", "w").close()
        if index == 1:
            time.sleep(600)
    pairs = spark.sparkContext.parallelize([0, 1], 2).mapPartitionsWithIndex(rows)
    spark.createDataFrame(pairs, "n int, text string").write.mode(mode).json(f"{root}/{mode}")

for mode in modes:
    threading.Thread(target=write, args=[mode]).start()
"""
)
Ending = Callable[[SparkAccount, str, str], None]


def kill_the_jvm(_: SparkAccount, __: str, run_id: str) -> None:
    jvms = [pid for pid in processes(run_id) if (Path("/proc") / str(pid) / "comm").read_text().strip() == "java"]
    assert len(jvms) == 1
    os.kill(jvms[0], signal.SIGKILL)


def stop(aws: SparkAccount, name: str, run_id: str) -> None:
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])


def wait_for_the_timeout(*_: Any) -> None:
    pass


def begin(aws: SparkAccount, modes: str, **request: Any) -> tuple[str, str, str]:
    """Job, run and the folder of what it writes, when all that can be written without a commit is written."""
    root = f"kills-{uuid.uuid4().hex[:8]}"
    for mode in ("append", "overwrite"):
        aws.put(f"{root}/{mode}/before.json", b'{"n": -1}\n')
    name = aws.spark_job(SCRIPT)
    run_id = aws.start(name, Arguments={"--root": f"s3://{DATA}/{root}", "--modes": modes}, **request)
    marks = {f"wrote-{mode}-{index}" for mode in modes.split(",") for index in (0, 1)}
    work = aws.folder(run_id) / "work"
    wait_until(lambda: marks <= {file.name for file in work.glob("wrote-*")}, 60, "all tasks have written")
    wait_until(lambda: scratch(work) >= len(marks) / 2, 20, "a task of each is committed, in the scratch folder")
    return name, run_id, root


def scratch(work: Path) -> int:
    return sum(file.is_file() and file.stat().st_size > 10**6 for file in (work / "s3-scratch").rglob("*"))


@pytest.mark.parametrize(
    ("end", "modes", "request_", "outcome"),
    [
        (kill_the_jvm, "append,errorifexists", {}, "FAILED"),
        (stop, "append,errorifexists", {}, "STOPPED"),
        (wait_for_the_timeout, "append", {"Timeout": 2}, "TIMEOUT"),
    ],
    ids=["killed", "stopped", "timeout"],
)
def test_what_was_there_stays_and_nothing_else_is_there(
    aws: SparkAccount, end: Ending, modes: str, request_: dict[str, Any], outcome: str
) -> None:
    name, run_id, root = begin(aws, modes, **request_)
    before = [f"{root}/append/before.json", f"{root}/overwrite/before.json"]
    assert aws.keys(root) == before, "nothing is to be seen before the commit"
    end(aws, name, run_id)
    run = aws.ended(name, run_id, 90)
    assert run["JobRunState"] == outcome, aws.why(run)
    if end is kill_the_jvm:
        assert run["ErrorMessage"] == "Command failed with exit code 1 (the JVM of Spark was killed by signal 9)"
    assert aws.keys(root) == before
    assert aws.s3.get_object(Bucket=DATA, Key=before[0])["Body"].read() == b'{"n": -1}\n'
    assert "Uploads" not in aws.s3.list_multipart_uploads(Bucket=DATA)
    assert not (aws.folder(run_id) / "work").exists()
    assert processes(run_id) == set()


def test_static_overwrite_deletes_first(aws: SparkAccount) -> None:
    name, run_id, root = begin(aws, "overwrite")
    assert aws.keys(f"{root}/overwrite") == []
    stop(aws, name, run_id)
    assert aws.ended(name, run_id)["JobRunState"] == "STOPPED"
    assert aws.keys(root) == [f"{root}/append/before.json"]
