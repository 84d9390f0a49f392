"""`make spark-history`: Spark's history server over the event logs in the local S3, until Ctrl-C.

It is the one that the installed Spark has, reads S3 by the file system of Spark jobs, and listens on 127.0.0.1 only. Runs
that go on are among its "incomplete applications", and so are those that were killed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from botocore.exceptions import ClientError

from mwaa_local import glue_spark
from mwaa_local.console import err, out
from mwaa_local.demo import client
from mwaa_local.errors import LocalError, tail
from mwaa_local.glue_spark import Spark
from mwaa_local.ports import free_ports, holder, is_free
from mwaa_local.settings import Settings
from mwaa_local.stack import Stack

PATH = "--spark-event-logs-path"
_MAIN = "org.apache.spark.deploy.history.HistoryServer"
_LISTING = 10  # seconds from its first answer to its first list of applications, at most
# Of Java 16 and later, for Spark 3.1: it looks into buffers.
_OPENED = ("java.base/java.nio", "java.base/sun.nio.ch")
_PATIENCE = 10  # seconds for it to end
_RUNS = 25  # of each job are looked at, the newest


def run(stack: Stack, events: str, port: int) -> None:
    """Serves the event logs below `events` (s3://bucket/prefix; "": found by the jobs) on `port` (0: any) until Ctrl-C.

    Raises LocalError if there are none, or the server cannot start.
    """
    settings = stack.settings
    place = _place(settings, events)
    port = _free(port)
    spark = glue_spark.newest(settings)
    log = settings.log("spark-history")
    with _serving(_Server(spark, place, port, settings), log) as process:
        url = f"http://127.0.0.1:{port}"
        with err.status("Spark's history server starts ..."):
            _wait_until_it_lists(process, url, log, settings.up_timeout)
        out.print(f"Spark's history server: {url}  (event logs of {place}/; Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):
            raise _ended(process.wait(), log)


@dataclass(frozen=True)
class _Server:
    spark: Spark
    place: str
    port: int
    settings: Settings

    def command(self, folder: Path) -> list[str]:
        """The JVM; its settings are written into `folder`."""
        properties = folder / "history.conf"
        properties.write_text("".join(f"{key} {value}\n" for key, value in self._properties(folder).items()))
        class_path = os.pathsep.join([str(self.spark.s3_jar), str(self.spark.home / "jars" / "*")])
        java = [str(self.spark.java.home / "bin" / "java"), "-cp", class_path, "-Xmx1g", "-XX:+UseSerialGC"]
        if self.spark.java.version >= 9:
            java += [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED]
        return [*java, _MAIN, "--properties-file", str(properties)]

    def _properties(self, folder: Path) -> dict[str, str]:
        found = {
            "spark.history.fs.logDirectory": self.place,
            "spark.history.fs.update.interval": "5s",
            "spark.history.ui.port": str(self.port),
            "spark.hadoop.fs.s3a.endpoint": self.settings.endpoint,
            "spark.hadoop.fs.s3a.access.key": "test",
            "spark.hadoop.fs.s3a.secret.key": "test",
            "spark.hadoop.fs.s3a.endpoint.region": self.settings.aws_default_region,
            "spark.hadoop.mwaalocal.s3.scratch": str(folder / "s3-scratch"),
        }
        return found | {
            f"spark.hadoop.fs.{scheme}.impl": "mwaalocal.s3.S3FileSystem" for scheme in ("s3", "s3a", "s3n")
        }

    def environment(self) -> dict[str, str]:
        """Nothing of the caller's own Spark; what is served is served on loopback."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "HADOOP_", "AWS_", "JAVA_TOOL"))}
        return kept | {"SPARK_HOME": str(self.spark.home), "SPARK_LOCAL_IP": "127.0.0.1", "TZ": "UTC"}


@contextmanager
def _serving(server: _Server, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, which does not outlive the block."""
    log.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="spark-history-") as folder, open(log, "wb") as written:
        process = subprocess.Popen(
            server.command(Path(folder)),
            env=server.environment(),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this command, which then ends the server
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_lists(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float) -> None:
    """Returns when it lists applications, or, if it finds none, some seconds after its first answer. Raises LocalError."""
    end, answered = time.monotonic() + seconds, False
    while process.poll() is None and time.monotonic() < end:
        with suppress(httpx.HTTPError):  # nobody listens yet
            if httpx.get(f"{url}/api/v1/applications", timeout=5, trust_env=False).json():
                return
            if not answered:
                end, answered = time.monotonic() + _LISTING, True
        time.sleep(0.2)
    if process.poll() is not None:
        raise _ended(process.returncode, log)
    if not answered:
        raise LocalError(f"Spark's history server does not answer after {seconds:.0f} s.{_said(log)}", f"see {log}")


def _ended(code: int, log: Path) -> LocalError:
    return LocalError(f"Spark's history server ended with exit code {code}.{_said(log)}", f"see {log}")


def _said(log: Path) -> str:
    return f" Its last lines:\n{tail(log, 15)}"


def _free(port: int) -> int:
    if port == 0:
        return free_ports(1)[0]
    if not is_free(port):
        raise LocalError(
            f"Spark's history server cannot start: SPARK_HISTORY_PORT={port} is in use by {holder(port)}.",
            f"choose another: make spark-history SPARK_HISTORY_PORT={free_ports(1)[0]}",
        )
    return port


def _place(settings: Settings, events: str) -> str:
    """Where event logs are, without a slash at the end. Raises LocalError where there are none, or in several places."""
    if events and not events.startswith(("s3://", "s3a://", "s3n://")):
        raise LocalError(f"EVENTS={events} is no place in S3.", "give one like s3://bucket/prefix/")
    named = [events.rstrip("/")] if events else _named_by_jobs(settings)
    if not named:
        raise LocalError(
            f"There are no event logs: no Glue job and no run of one has {PATH}.",
            f"give a Spark job --enable-spark-ui true and {PATH} s3://bucket/prefix/, run it, then try again",
        )
    held = [place for place in named if _holds_objects(client(settings, "s3"), place)]
    if not held:
        raise LocalError(f"There are no event logs at {' or '.join(named)}.", "run the Spark job, then try again")
    if len(held) > 1:
        raise LocalError(
            f"There are event logs in several places: {', '.join(held)}.", f"make spark-history EVENTS={held[0]}/"
        )
    return held[0]


def _named_by_jobs(settings: Settings) -> list[str]:
    """Each --spark-event-logs-path of the Glue jobs and of their newest runs."""
    glue = client(settings, "glue")
    found: set[str] = set()
    for page in glue.get_paginator("get_jobs").paginate():
        for job in page["Jobs"]:
            runs = glue.get_job_runs(JobName=job["Name"], MaxResults=_RUNS)["JobRuns"]
            arguments = [job.get("DefaultArguments", {}), *(run.get("Arguments", {}) for run in runs)]
            found |= {one[PATH].rstrip("/") for one in arguments if one.get(PATH)}
    return sorted(found)


def _holds_objects(s3: Any, place: str) -> bool:
    bucket, _, prefix = place.partition("://")[2].partition("/")
    try:
        return bool(s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/" if prefix else "", MaxKeys=1)["KeyCount"])
    except ClientError as problem:
        if problem.response["Error"]["Code"] == "NoSuchBucket":
            return False
        raise
