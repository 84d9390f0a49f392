"""What makes Spark jobs start quickly: an archive of classes, and workers that wait. Neither may be seen but by the clock."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.glue.service.conftest import BUCKET, processes
from tests.spark.runtime.conftest import A_SESSION, SparkAccount
from tests.spark.runtime.test_installation import bare
from tests.support.localstack import VENVS, LocalStack
from tests.support.polling import wait_until

pytestmark = pytest.mark.slow

READY = 120  # seconds
SIZE = {"WorkerType": "G.1X", "NumberOfWorkers": 2}
OTHER_ACCOUNT = {"aws_access_key_id": "111122223333", "region_name": "eu-west-1"}
ENVIRONMENT = VENVS / "glue-spark-4.0"
# All that a script can see of where and how it runs.
FACTS = A_SESSION + (
    "import boto3, json, os, sys\n"
    "java, context = spark._jvm.java.lang, spark.sparkContext\n"
    "pid = java.ProcessHandle.current().pid()\n"
    "spark.range(3).coalesce(1).write.csv('beside')\n"
    "path = spark._jvm.org.apache.hadoop.fs.Path('s3://own-bucket/in.txt')\n"
    "of_worker = context.parallelize([0], 1).map(lambda _: [dict(os.environ), os.getcwd()]).collect()[0]\n"
    "print(json.dumps({\n"
    "    'pid': pid,\n"
    "    'archive': 'classes.jsa' in ' '.join(line for line in open(f'/proc/{pid}/maps') if 'glue-spark' in line),\n"
    "    'nice': os.getpriority(os.PRIO_PROCESS, pid),\n"
    "    'argv': sys.argv[1:], 'path': [part for part in sys.path if 'userFiles-' not in part],\n"
    "    'environment': dict(os.environ), 'folder': os.getcwd(),\n"
    "    'beside': [name for name in os.listdir('beside') if name.endswith('.csv')] != [],\n"
    "    'settings': dict(context.getConf().getAll()), 'of_java': java.System.getProperty('user.dir'),\n"
    "    'hadoop': spark._jvm.org.apache.spark.deploy.SparkHadoopUtil.get().conf().get('fs.s3a.access.key'),\n"
    "    'account': boto3.client('sts').get_caller_identity()['Account'], 'region': boto3.Session().region_name,\n"
    "    'text': [row.value for row in spark.read.text('s3://own-bucket/in.txt').collect()],\n"
    "    'of_worker': of_worker,\n"
    "}))\n"
)
OF_ONE_CONTEXT = ("spark.app.id", "spark.app.startTime", "spark.app.submitTime", "spark.driver.port")
OF_ONE_JVM = ("_PYSPARK_DRIVER_CONN_INFO_PATH", "PYTHON_WORKER_FACTORY_SECRET", "SPARK_LOCAL_DIRS")
FOREVER = A_SESSION + "import time\nprint(spark.range(5).count(), flush=True)\ntime.sleep(600)\n"


class WarmAccount(SparkAccount):
    """With a LocalStack that has a warm worker for Glue 4.0."""

    def ready(self) -> str:
        """The id of the worker that waits, when it does."""

        def found() -> str:
            sockets = list(self.localstack.state.glob("glue/warm/*/socket"))
            return sockets[0].parent.name if sockets else ""

        return str(wait_until(found, READY, "a warm worker is ready"))

    def companion(self, run_id: str) -> str:
        """The worker that a run has; "" for a cold one."""
        local = json.loads((self.folder(run_id) / "run.json").read_text())["Local"]
        return str(local.get("Companion") or "")

    def first_line(self, run: dict[str, Any]) -> str:
        return self.output(run, "error").splitlines()[0]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmAccount]:
    with LocalStack(tmp_path_factory.mktemp("warm"), GLUE_WARM="4.0", GLUE_MINUTE_SECONDS="10") as localstack:
        account = WarmAccount(localstack)
        account.s3.create_bucket(Bucket=BUCKET)
        yield account
        localstack.stop()


def facts(aws: WarmAccount, name: str, run_id: str) -> dict[str, Any]:
    run = aws.ended(name, run_id, 120)
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    said = aws.output(run).replace(f"glue/warm/{aws.companion(run_id)}/", "glue/runs/RUN/")  # one folder, by two names
    found: dict[str, Any] = json.loads(said.replace(run_id, "RUN"))
    for key in OF_ONE_CONTEXT:
        found["settings"].pop(key)
    for key in OF_ONE_JVM:
        found["of_worker"][0].pop(key, None)
    return found


def different(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    return {key: (ours.get(key), theirs.get(key)) for key in ours | theirs if ours.get(key) != theirs.get(key)}


def test_a_warm_run_is_as_a_cold_one_and_has_its_worker_alone(aws: WarmAccount) -> None:
    other = WarmAccount(aws.localstack, **OTHER_ACCOUNT)
    for bucket in ("own-scripts", "own-bucket"):
        location = {"LocationConstraint": "eu-west-1"}
        other.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
    other.s3.put_object(Bucket="own-bucket", Key="in.txt", Body=b"mine")
    other.s3.put_object(Bucket="own-scripts", Key="facts.py", Body=FACTS.encode())
    command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://own-scripts/facts.py"}
    given = {"--word": "a b", "--conf": "spark.my.words=one two --conf spark.sql.shuffle.partitions=7"}
    twice = {"MaxConcurrentRuns": 2}
    other.glue.create_job(
        Name="facts",
        Role="role",
        Command=command,
        GlueVersion="4.0",
        DefaultArguments=given,
        ExecutionProperty=twice,
        **SIZE,
    )
    worker = aws.ready()
    first, second = other.start("facts"), other.start("facts")
    told = [facts(other, "facts", run_id) for run_id in (first, second)]
    seen = {other.companion(run_id): fact for run_id, fact in zip((first, second), told, strict=True)}
    assert set(seen) == {worker, ""}
    warm, cold = seen[worker], seen[""]
    assert warm.pop("pid") != cold.pop("pid")
    assert (warm["account"], warm["region"], warm["text"]) == ("111122223333", "eu-west-1", ["mine"])
    assert warm["environment"]["GLUE_JOB_RUN_ID"] == warm["of_worker"][0]["GLUE_JOB_RUN_ID"] == "RUN"
    assert warm["folder"] == warm["of_java"] == warm["of_worker"][1]
    assert (
        warm["archive"]
        and warm["nice"] == os.getpriority(os.PRIO_PROCESS, 0)
        and warm["settings"]["spark.my.words"] == "one two"
    )
    assert different(warm.pop("of_worker")[0], cold.pop("of_worker")[0]) == {}
    assert different(warm.pop("settings"), cold.pop("settings")) == {}
    assert different(warm, cold) == {}
    said = {
        which: other.first_line({"Id": run_id}) for run_id in (first, second) for which in [other.companion(run_id)]
    }
    assert "Java 17, started in a warm worker." in said[worker]
    assert "warm" not in said[""]
    for run_id in (first, second, worker):
        assert processes(run_id) == set()


def test_a_job_with_jars_of_its_own_leaves_the_worker_to_others(aws: WarmAccount) -> None:
    worker = aws.ready()
    jar = next(ENVIRONMENT.glob("lib/python3*/site-packages/pyspark/jars/jline-*.jar"))
    aws.s3.upload_file(str(jar), BUCKET, "own.jar")
    run = aws.result("print('done')", Arguments={"--extra-jars": f"s3://{BUCKET}/own.jar"}, **SIZE)
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    assert aws.companion(run["Id"]) == ""
    assert aws.ready() == worker


@pytest.mark.parametrize("end", ["STOPPED", "TIMEOUT"])
def test_the_end_of_a_run_is_that_of_its_worker(aws: WarmAccount, end: str) -> None:
    worker = aws.ready()
    name = aws.spark_job(FOREVER, **SIZE)
    run_id = aws.start(name, **({"Timeout": 1} if end == "TIMEOUT" else {}))
    wait_until(lambda: aws.output({"Id": run_id}) == "5", 30, "the job runs")
    assert aws.companion(run_id) == worker
    assert processes(worker) and processes(run_id)
    if end == "STOPPED":
        aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert aws.ended(name, run_id)["JobRunState"] == end
    assert processes(worker) == processes(run_id) == set()


def test_a_worker_outlives_no_stop_and_no_next_start(aws: WarmAccount) -> None:
    left = aws.ready()
    aws.localstack.crash()
    assert processes(left)
    aws.localstack.start()
    aws.glue.list_jobs()
    wait_until(lambda: not processes(left), 30, "the worker of the killed LocalStack is ended")
    other = str(wait_until(lambda: next(iter(aws.localstack.state.glob("glue/warm/*")), None), 30, "a new one is made"))
    assert aws.localstack.stop() == 0
    assert processes(Path(other).name) == set()
    aws.localstack.start()


def test_an_archive_that_is_broken_or_stale_is_done_without(tmp_path: Path) -> None:
    localstack = bare(tmp_path)
    environment = tmp_path / "venvs" / ENVIRONMENT.name
    environment.mkdir()
    for part in ENVIRONMENT.iterdir():
        if part.name not in ("spark.json", "classes.jsa"):
            (environment / part.name).symlink_to(part)
    broken = environment / "classes.jsa"
    broken.write_bytes(os.urandom(100_000))
    described = json.loads((ENVIRONMENT / "spark.json").read_text())
    described["archive"]["file"] = str(broken)
    (environment / "spark.json").write_text(json.dumps(described))
    with localstack:
        aws = SparkAccount(localstack)
        aws.s3.create_bucket(Bucket=BUCKET)
        run = aws.result(A_SESSION + "print(spark.range(5).count())")
        assert (run["JobRunState"], aws.output(run)) == ("SUCCEEDED", "5"), aws.why(run)
        described["archive"]["of"] = "other"
        (environment / "spark.json").write_text(json.dumps(described))
        run = aws.result(A_SESSION + "print(spark.range(5).count())")
        assert (run["JobRunState"], aws.output(run)) == ("SUCCEEDED", "5"), aws.why(run)
        assert "Java or a jar of Spark has changed" in aws.output(run, "error").splitlines()[0]
        localstack.stop()
