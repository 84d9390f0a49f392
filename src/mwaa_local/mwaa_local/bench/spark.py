"""A small Spark job, cold and in a warm worker, against plain PySpark; and S3 as Spark's file system has it, against boto3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from mwaa_local import glue_spark
from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.glue_load import GlueService
from mwaa_local.bench.memory import pss
from mwaa_local.demo import client
from mwaa_local.errors import LocalError, tail
from mwaa_local.native.sweep import members
from mwaa_local.settings import Settings

TITLE = "A small Spark job: CSV from S3, filtered, aggregated, to partitioned Parquet"
GLUE = "4.0"
COLD_AT_MOST, WARM_AT_MOST = 0.55, 0.15
S3_AT_MOST = 1.25  # of the time: 0.8 of the throughput
BUCKET = "bench-spark"
MEGABYTES = 200
LINES = 2000
ASK_EVERY = 0.05  # seconds between two GetJobRun: more of them would keep a core busy that the job needs
LONGEST = 180.0  # seconds
MARK = "GLUE_JOB_RUN_ID"
ETL = b"""import sys
from pyspark.sql import SparkSession, functions as f
source, target = (word for word in sys.argv[1:] if word.startswith("s3://"))
spark = SparkSession.builder.getOrCreate()
events = spark.read.csv(source, header=True, inferSchema=True)
totals = events.filter("price > 100").groupBy("day", "kind").agg(f.sum("price").alias("total"), f.count("id").alias("number"))
totals.write.mode("overwrite").partitionBy("day").parquet(target)
spark.stop()
"""
# Both copy the same file, from and to the disk, in turns; what each has to begin with is done once before.
COPIES = b"""import json, os, sys, time
import boto3
from pyspark.sql import SparkSession
bucket, megabytes, rounds = sys.argv[sys.argv.index("--bench") + 1].split(",")
spark = SparkSession.builder.getOrCreate()
path = spark._jvm.org.apache.hadoop.fs.Path
files = path("s3://" + bucket + "/").getFileSystem(spark._jsc.hadoopConfiguration())
s3 = boto3.client("s3")
with open("file", "wb") as file:
    for _ in range(int(megabytes)):
        file.write(os.urandom(1000000))
here, there, key = "file:" + os.getcwd() + "/", "s3://" + bucket + "/", "copied/"
copies = {
    "spark writes": lambda: files.copyFromLocalFile(False, True, path(here + "file"), path(there + key + "spark")),
    "boto3 writes": lambda: s3.upload_file("file", bucket, key + "boto3"),
    "spark reads": lambda: files.copyToLocalFile(False, path(there + key + "boto3"), path(here + "of-spark"), True),
    "boto3 reads": lambda: s3.download_file(bucket, key + "boto3", "of-boto3"),
}
taken = {name: [] for name in copies}
for _ in range(int(rounds) + 1):
    for name, copy in copies.items():
        begun = time.perf_counter()
        copy()
        taken[name].append(time.perf_counter() - begun)
for name in ("of-spark", "of-boto3"):
    with open("file", "rb") as file, open(name, "rb") as other:
        assert file.read() == other.read(), name
assert s3.head_object(Bucket=bucket, Key=key + "spark")["ContentLength"] == int(megabytes) * 1000000
s3.put_object(Bucket=bucket, Key="taken.json", Body=json.dumps({name: values[1:] for name, values in taken.items()}))
"""


class SparkService(GlueService):
    """LocalStack alone, with the Spark jobs `etl` and `copies`, their input in S3."""

    def __init__(self, folder: Path, installed: Settings, warm: str = "") -> None:
        super().__init__(folder, installed)
        self.settings = replace(self.settings, glue_warm=warm)

    def run(self, job: str, **arguments: str) -> float:
        """Seconds from the call of StartJobRun until GetJobRun says SUCCEEDED. Raises LocalError if it says anything else."""
        given = {f"--{name}": value for name, value in arguments.items()}
        begun = time.perf_counter()
        run_id = self.glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
        while time.perf_counter() < begun + LONGEST:
            run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            if run["JobRunState"] == "SUCCEEDED":
                return time.perf_counter() - begun
            if run["JobRunState"] not in ("STARTING", "RUNNING"):
                raise LocalError(f"The job {job} ended {run['JobRunState']}: {run.get('ErrorMessage', '')}")
            time.sleep(ASK_EVERY)
        raise LocalError(f"The job {job} was still {run['JobRunState']} after {LONGEST:.0f} s.")

    def wait_for_worker(self) -> None:
        """Returns when a warm worker is ready."""
        give_up = time.monotonic() + LONGEST
        while not any(self.folder.glob("glue/warm/*/socket")):
            if time.monotonic() > give_up:
                raise LocalError(
                    f"No warm worker was ready after {LONGEST:.0f} s.", f"see {self.folder}/localstack.log"
                )
            time.sleep(0.1)

    def worker_megabytes(self) -> float:
        """PSS of the warm worker that waits."""
        found = [p for p in members(self.secrets["MWAA_ENV_ID"]) if p.environ().get(MARK, "").startswith("warm_")]
        return sum(map(pss, found)) / 1e6

    def _create_job(self) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        rows = (f"{n},2024-01-{n % 5 + 1:02},kind{n % 7},{n * 1.5:.2f}\n" for n in range(LINES))
        s3.put_object(Bucket=BUCKET, Key="events.csv", Body="".join(["id,day,kind,price\n", *rows]).encode())
        for name, script in (("etl", ETL), ("copies", COPIES)):
            s3.put_object(Bucket=BUCKET, Key=f"{name}.py", Body=script)
            command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{BUCKET}/{name}.py"}
            size = {"WorkerType": "G.1X", "NumberOfWorkers": 2}
            self.glue.create_job(Name=name, Role="role", Command=command, GlueVersion=GLUE, **size)


class PlainSpark:
    """`python etl.py` in the environment of the job, whose pyspark is pip's and has its defaults; its S3 is by the same jar."""

    def __init__(self, service: SparkService, folder: Path) -> None:
        self._folder = folder / "plain"
        self._python = service.settings.venv_python(f"glue-spark-{GLUE}")
        described: dict[str, Any] = json.loads((self._python.parents[1] / "spark.json").read_text())
        s3 = {
            "spark.hadoop.fs.s3.impl": "mwaalocal.s3.S3FileSystem",
            "spark.hadoop.fs.s3a.endpoint": service.settings.endpoint,
            "spark.hadoop.fs.s3a.access.key": "test",
            "spark.hadoop.fs.s3a.secret.key": "test",
        }
        words = ["--driver-class-path", described["s3_jar"]]
        words += [word for name, value in s3.items() for word in ("--conf", f"{name}={value}")]
        self._environment = {
            "PATH": os.pathsep.join([str(self._python.parent), "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "JAVA_HOME": described["java"],
            "PYSPARK_PYTHON": str(self._python),
            "PYSPARK_SUBMIT_ARGS": " ".join([*words, "pyspark-shell"]),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "MWAA_ENV_ID": service.secrets["MWAA_ENV_ID"],
        }
        self._folder.mkdir(exist_ok=True)
        (self._folder / "etl.py").write_bytes(ETL)

    def run(self, *arguments: str) -> float:
        """Seconds. Raises LocalError."""
        log = self._folder / "log"
        with open(log, "wb") as output:
            begun = time.perf_counter()
            command = [str(self._python), "etl.py", *arguments]
            done = subprocess.run(
                command, cwd=self._folder, env=self._environment, stdout=output, stderr=output, check=False
            )
            seconds = time.perf_counter() - begun
        if done.returncode:
            raise LocalError(f"Plain PySpark ended with exit code {done.returncode}:\n{tail(log, 20)}")
        shutil.rmtree(self._folder / "spark-warehouse", ignore_errors=True)
        return seconds


def measure(bench: Bench) -> Report:
    """Plain PySpark, a cold run and a warm one take turns. The next warm worker is there before the next turn begins."""
    glue_spark.install(bench.installed, [GLUE])
    bench.tell("starting two services, and a warm worker")
    cold = bench.keep(SparkService(bench.folder / "cold", bench.installed))
    warm = bench.keep(SparkService(bench.folder / "warm", bench.installed, GLUE))
    for service in (cold, warm):
        service.start()
    plain = PlainSpark(cold, bench.folder)
    where = {"source": f"s3://{BUCKET}/events.csv", "target": f"s3://{BUCKET}/totals"}
    bench.tell("a first run of each, not counted")
    warm.wait_for_worker()
    for service in (cold, warm):
        service.run("etl", **where)
    plain.run(*where.values())
    plain_ones, cold_ones, warm_ones, megabytes = [], [], [], []
    for _ in bench.each_round():
        warm.wait_for_worker()
        megabytes.append(warm.worker_megabytes())
        plain_ones.append(plain.run(*where.values()))
        cold_ones.append(cold.run("etl", **where))
        warm_ones.append(warm.run("etl", **where))
    bench.tell(f"copying {MEGABYTES} MB")
    warm.wait_for_worker()
    cold.run("copies", bench=f"{BUCKET},{MEGABYTES},{bench.rounds}")
    taken = json.load(client(cold.settings, "s3").get_object(Bucket=BUCKET, Key="taken.json")["Body"])
    name, other = "StartJobRun to SUCCEEDED", "python etl.py, default PySpark"
    lines = [
        Line(f"{name}, cold", "s", tuple(cold_ones), other, tuple(plain_ones), COLD_AT_MOST),
        Line(f"{name}, in a warm worker", "s", tuple(warm_ones), other, tuple(plain_ones), WARM_AT_MOST),
        Line("memory (PSS) of a warm worker", "MB", tuple(megabytes)),
        *(
            Line(
                f"{MEGABYTES} MB {what} S3 by Spark's file system", "s", tuple(taken[f"spark {how}"]),
                f"boto3's {call}", tuple(taken[f"boto3 {how}"]), S3_AT_MOST,
            )
            for what, how, call in (("to", "writes", "upload_file"), ("from", "reads", "download_file"))
        ),
    ]  # fmt: skip
    return Report("spark", TITLE, lines, load=bench.load)
