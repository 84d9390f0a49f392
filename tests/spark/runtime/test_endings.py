"""How a Spark run ends: state, ErrorMessage, complete logs, and no process left."""

from __future__ import annotations

import re

import pytest

from tests.glue.service.conftest import processes
from tests.spark.runtime.conftest import A_SESSION, DATA, SparkAccount
from tests.support.polling import wait_until
from tests.support.spark import VERSIONS

ETL = """
import sys
from pyspark.context import SparkContext
from pyspark.sql import SparkSession, functions as F
source, target = sys.argv[sys.argv.index("--source") + 1], sys.argv[sys.argv.index("--target") + 1]
spark = SparkSession(SparkContext())
lines = spark.read.csv(source, header=True, inferSchema=True)
sums = lines.groupBy("kind").agg(F.sum("amount").alias("total"))
sums.write.parquet(target)
doubled = F.udf(lambda number: number * 2, "long")
twice = spark.read.parquet(target).select("kind", doubled("total").alias("twice"))
print(sorted((row.kind, row.twice) for row in twice.collect()))
import boto3
print(boto3.client("s3").list_objects_v2(Bucket="spark-data", Prefix="in-" )["KeyCount"])
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_script_that_reads_and_writes_s3_succeeds(aws: SparkAccount, version: str) -> None:
    source = aws.put(f"in-{version}/a.csv", b"kind,amount\na,1\nb,2\na,3\n")
    target = f"s3://{DATA}/out-{version}"
    run = aws.result(ETL, version, Arguments={"--source": source, "--target": target})
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    lines = aws.output(run).splitlines()
    assert lines[0] == "[('a', 8), ('b', 4)]" and int(lines[1]) >= 1
    assert "ErrorMessage" not in run
    assert any(key.endswith(".parquet") for key in aws.keys(f"out-{version}/"))
    assert not any("_temporary" in key for key in aws.keys(""))
    assert processes(run["Id"]) == set()
    assert not (aws.folder(run["Id"]) / "work").exists()
    assert f"Glue {version}: Spark" in aws.output(run, "error") and "cores" in aws.output(run, "error")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_path_that_does_not_exist(aws: SparkAccount, version: str) -> None:
    run = aws.result(A_SESSION + f"spark.read.parquet('s3://{DATA}/none/of/it')", version)
    assert run["JobRunState"] == "FAILED"
    said = r"AnalysisException: (\[PATH_NOT_FOUND\] )?Path does not exist: s3://spark-data/none/of/it\.?"
    assert re.fullmatch(said, run["ErrorMessage"]), aws.why(run)
    assert "Traceback (most recent call last):" in aws.output(run, "error")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("print('before')\n1 / 0", "ZeroDivisionError: division by zero"),
        ("print('before')\nraise KeyError('x')", "KeyError: 'x'"),
        ("import sys\nprint('before')\nsys.exit(3)", "SystemExit: 3"),
        ("import sys\nprint('before')\nsys.exit('no input')", "SystemExit: no input"),
        ("import os\nprint('before', flush=True)\nos._exit(4)", "Command failed with exit code 4"),
        ("import argparse\nprint('before')\np = argparse.ArgumentParser()\np.add_argument('--a', required=True)\n"
         "p.parse_known_args()", "SystemExit: 2"),
        ("print('before')\nimport not_there", "ModuleNotFoundError: No module named 'not_there'"),
    ],
)  # fmt: skip
def test_what_ends_a_script_is_the_error_message(aws: SparkAccount, script: str, message: str) -> None:
    run = aws.result(script)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", message), aws.why(run)
    assert aws.output(run) == "before"


def test_a_syntax_error_names_script_and_line(aws: SparkAccount) -> None:
    run = aws.result("print('never')\nif True print('x')\n")
    assert run["JobRunState"] == "FAILED"
    assert re.match(r"SyntaxError: .*\(spark-\w+\.py, line 2\)$", run["ErrorMessage"]), run["ErrorMessage"]
    assert aws.output(run) == ""


def test_exit_code_0_is_success(aws: SparkAccount) -> None:
    assert aws.result("import sys\nprint('fine')\nsys.exit(0)")["JobRunState"] == "SUCCEEDED"


def test_an_error_in_a_worker_of_python_is_shown(aws: SparkAccount) -> None:
    run = aws.result(A_SESSION + "spark.sparkContext.parallelize([1, 0]).map(lambda n: 1 / n).collect()")
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("An error occurred while calling "), run["ErrorMessage"]
    assert "ZeroDivisionError: division by zero" in run["ErrorMessage"]


def test_a_jvm_out_of_memory_fails_the_run_even_if_the_script_hides_it(aws: SparkAccount) -> None:
    script = A_SESSION + (
        "try:\n"
        "    rows = spark.range(40000000).selectExpr('cast(id as string) as text')\n"
        "    spark._jvm.java.util.ArrayList(rows._jdf.collectAsList())\n"
        "except Exception as problem:\n"
        "    print('hidden', type(problem).__name__)\n"
    )
    run = aws.result(script, Arguments={"--conf": "spark.driver.memory=600m"})
    assert run["JobRunState"] == "FAILED", aws.why(run)
    assert "out of memory" in run["ErrorMessage"] and "600m" in run["ErrorMessage"]
    assert "java.lang.OutOfMemoryError" in aws.output(run, "error")
    assert processes(run["Id"]) == set()


def test_a_timeout_ends_jvm_and_workers(aws: SparkAccount) -> None:
    script = A_SESSION + "import time\nspark.sparkContext.parallelize([1]).map(lambda n: time.sleep(600)).collect()"
    run = aws.result(script, Timeout=1)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Job run timed out")
    assert processes(run["Id"]) == set()


def test_a_stop_ends_jvm_and_workers(aws: SparkAccount) -> None:
    script = A_SESSION + (
        "import time\nprint(spark.range(3).count(), flush=True)\n"
        "spark.sparkContext.parallelize([1, 2]).map(lambda n: time.sleep(600)).collect()"
    )
    name = aws.spark_job(script)
    run_id = aws.start(name)
    wait_until(lambda: aws.output({"Id": run_id}) == "3", 60, "the job counts")
    wait_until(lambda: len(processes(run_id)) > 3, 30, "Python workers are there")
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    run = aws.ended(name, run_id)
    assert run["JobRunState"] == "STOPPED"
    assert processes(run_id) == set()


def test_threads_of_the_script_may_use_spark_to_their_end(aws: SparkAccount) -> None:
    script = A_SESSION + (
        "import threading, time\n"
        "def late():\n    time.sleep(2)\n    print(spark.range(7).count())\n"
        "threading.Thread(target=late).start()\nprint('main is over', flush=True)\n"
    )
    run = aws.result(script)
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    assert aws.output(run) == "main is over\n7"


def test_much_output_is_kept_whole(aws: SparkAccount) -> None:
    run = aws.result(
        "import sys\nfor n in range(50000):\n    print('line', n)\n    n % 10 or print('e', n, file=sys.stderr)"
    )
    assert run["JobRunState"] == "SUCCEEDED"
    assert aws.output(run).splitlines() == [f"line {n}" for n in range(50000)]
    assert [line for line in aws.output(run, "error").splitlines() if line.startswith("e ")] == [
        f"e {n}" for n in range(0, 50000, 10)
    ]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2.0", "GlueVersion 2.0 .* end of life"),
        ("6.0", r"GlueVersion 6.0 \(Spark 4.1.1\) is not available"),
        ("9.9", "GlueVersion 9.9 is not available"),
    ],
)
def test_a_version_that_is_not_there_is_refused_by_name(aws: SparkAccount, version: str, words: str) -> None:
    run = aws.result("print('never')", version)
    assert run["JobRunState"] == "FAILED" and re.search(words, run["ErrorMessage"]) and '"5.1"' in run["ErrorMessage"]
    assert run["StateDetail"].startswith("Provenance: none")
