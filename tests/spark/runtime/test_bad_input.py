"""What no script should do: however it ends, state and ErrorMessage are true, logs are whole, and no process is left."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.glue.service.conftest import processes
from tests.spark.runtime.conftest import A_SESSION, SparkAccount
from tests.support.polling import wait_until

TRACEBACK = "Traceback (most recent call last):"
# Small: the limit is 512 MB for the heap and 2 GB beside it.
SMALL: dict[str, Any] = {
    "WorkerType": "G.025X", "NumberOfWorkers": 2, "DefaultArguments": {"--conf": "spark.driver.memory=512m"},
}  # fmt: skip
HOLD = "import time\nheld = []\nwhile True:\n    held.append(b'x' * (64 << 20))\n    time.sleep(0.005)\n"


def assert_failed(aws: SparkAccount, run: dict[str, Any], message: str) -> None:
    assert run["JobRunState"] == "FAILED", aws.why(run)
    assert re.fullmatch(message, run["ErrorMessage"]), aws.why(run)
    assert processes(run["Id"]) == set()
    assert not (aws.folder(run["Id"]) / "work").exists()


@pytest.mark.parametrize(
    ("script", "message", "said"),
    [
        ("print('\xe4')\n".encode("latin-1"), r"SyntaxError: .*'utf-8' codec can't decode byte 0xe4.*line 1\)", ""),
        (b"\x7fELF\x02\x01\x01\x80\xff\n", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0x80.*", ""),
        (b"print('never')\n\0", "ValueError: source code string cannot contain null bytes", ""),
        (b"print('before')\nraise SystemExit(256)", "SystemExit: 256", "before"),
        (b"import os, signal\nprint('before', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)",
         r"Command failed with exit code 137 \(SIGKILL\)", "before"),
        (b"import ctypes\nprint('before', flush=True)\nctypes.string_at(0)",
         r"Command failed with exit code 139 \(SIGSEGV\)", "before"),
        (b"def again():\n    again()\nprint('before')\nagain()", "RecursionError: maximum recursion depth exceeded.*", "before"),
        (b"print('before')\nraise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd", "before"),
        (b"print('before')\nimport os, sys\nos.close(1)\nos.close(2)\nraise ValueError('unheard')",
         "ValueError: unheard", "before"),
    ],
    ids=["latin-1", "binary", "nul", "exit-256", "sigkill", "sigsegv", "recursion", "mute-exception", "closed-streams"],
)  # fmt: skip
def test_what_is_no_script_or_ends_oddly(aws: SparkAccount, script: bytes, message: str, said: str) -> None:
    run = aws.result(script)
    assert_failed(aws, run, message)
    assert aws.output(run) == said


def test_an_empty_script_succeeds(aws: SparkAccount) -> None:
    run = aws.result(b"")
    assert run["JobRunState"] == "SUCCEEDED" and aws.output(run) == "", aws.why(run)
    assert processes(run["Id"]) == set()


def test_a_jvm_that_cannot_start(aws: SparkAccount) -> None:
    broken = {"--conf": "spark.driver.extraJavaOptions=-XX:NoSuchOption"}
    run = aws.result("print('before')\n" + A_SESSION, DefaultArguments=broken)
    assert_failed(aws, run, r"RuntimeError: Java gateway process exited before sending its port number.*")
    assert aws.output(run) == "before"
    assert "NoSuchOption" in aws.output(run, "error")


def test_a_script_that_is_not_there(aws: SparkAccount) -> None:
    name = aws.spark_job("")
    aws.s3.delete_object(Bucket="scripts", Key=f"{name}.py")
    run = aws.ended(name, aws.start(name))
    assert run["JobRunState"] == "FAILED" and f"{name}.py" in run["ErrorMessage"], run


def test_a_bucket_that_does_not_exist(aws: SparkAccount) -> None:
    run = aws.result(A_SESSION + "spark.range(3).write.parquet('s3://no-bucket-of-mine/out')")
    assert_failed(
        aws, run, r"An error occurred while calling o\d+\.parquet\. Bucket no-bucket-of-mine does not exist .*"
    )
    assert TRACEBACK in aws.output(run, "error")


def test_python_out_of_memory_in_the_driver(aws: SparkAccount) -> None:
    run = aws.result("print('before', flush=True)\n" + HOLD, **SMALL)
    held = r"its processes held \d\.\d\d GB, and a worker G.025X with a heap of 512 MB gives 2.5 GB"
    assert_failed(aws, run, rf"Command failed with exit code 137 \(out of memory: {held}\)")
    assert aws.output(run) == "before"


def test_python_out_of_memory_in_a_worker(aws: SparkAccount) -> None:
    script = f"def hold(_):\n    exec({HOLD!r}, {{}})\n"
    run = aws.result(A_SESSION + script + "spark.sparkContext.parallelize([1]).foreach(hold)\nprint('never')", **SMALL)
    assert_failed(aws, run, r"Command failed with exit code 137 \(out of memory: its processes held .* gives 2.5 GB\)")
    assert aws.output(run) == ""


def test_a_jvm_that_is_killed_fails_the_run_even_if_the_script_hides_it(aws: SparkAccount) -> None:
    run = aws.result(
        A_SESSION
        + "import os, signal\nos.kill(int(spark._jvm.java.lang.ProcessHandle.current().pid()), signal.SIGKILL)\n"
        "try:\n    spark.range(3).count()\nexcept Exception:\n    print('hidden')\n"
    )
    assert_failed(aws, run, r"Command failed with exit code 1 \(the JVM of Spark was killed by signal 9\)")
    assert aws.output(run) == "hidden"


def test_a_script_that_deletes_its_spark_home(aws: SparkAccount) -> None:
    """The run's own, of links: the Spark that is installed stays, and the JVM has begun already."""
    delete = "import os, shutil\nshutil.rmtree(os.environ['SPARK_HOME'])\n"
    for script in (delete + A_SESSION, A_SESSION + delete, A_SESSION):
        run = aws.result(script + "print(spark.range(5).count())")
        assert (run["JobRunState"], aws.output(run)) == ("SUCCEEDED", "5"), aws.why(run)
        assert processes(run["Id"]) == set()


def test_a_loop_without_end_and_a_timeout(aws: SparkAccount) -> None:
    """Deaf to SIGTERM, too."""
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('before', flush=True)\n"
    run = aws.result(A_SESSION + deaf + "while True: pass", Timeout=1)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("TIMEOUT", "Job run timed out")
    assert aws.output(run) == "before"
    assert processes(run["Id"]) == set()


def test_a_loop_without_end_in_a_worker_and_a_stop(aws: SparkAccount) -> None:
    script = A_SESSION + (
        "import pyspark.sql.functions as F\n"
        "def spin(n):\n    while True: pass\n"
        "print('before', flush=True)\nspark.range(1).select(F.udf(spin, 'int')('id')).collect()\nprint('never')"
    )
    name = aws.spark_job(script)
    run_id = aws.start(name)
    wait_until(lambda: aws.output({"Id": run_id}) == "before", 60, "the job is about to spin")
    wait_until(lambda: workers(run_id), 30, "Python workers are there")
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    run = aws.ended(name, run_id)
    assert run["JobRunState"] == "STOPPED" and aws.output(run) == "before"
    assert processes(run_id) == set()


def workers(run_id: str) -> list[int]:
    found = []
    for pid in processes(run_id):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as command:
                if b"pyspark.daemon" in command.read():
                    found.append(pid)
        except OSError:
            continue
    return found


def test_what_a_script_leaves_running_is_ended_with_it(aws: SparkAccount) -> None:
    script = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('done')"
    run = aws.result(script)
    assert (run["JobRunState"], aws.output(run)) == ("SUCCEEDED", "done"), aws.why(run)
    assert processes(run["Id"]) == set()


def test_50_mb_of_output_are_kept_whole(aws: SparkAccount) -> None:
    run = aws.result("for n in range(50000):\n    print(n, 'x' * 1000)")
    assert run["JobRunState"] == "SUCCEEDED", run
    lines = aws.output(run).split("\n")
    assert len(lines) == 50000
    assert all(line == f"{n} {'x' * 1000}" for n, line in enumerate(lines))
