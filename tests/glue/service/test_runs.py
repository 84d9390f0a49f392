"""Job runs through boto3, against a LocalStack whose minutes last a second."""

from __future__ import annotations

import ast
import json
import re

import pytest
from botocore.exceptions import ClientError

from tests.glue.service.conftest import FOREVER, Account, processes
from tests.support.polling import wait_until

# A grandchild, a child that leaves session and group, and none of the three minds SIGTERM.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
again = [sys.executable, "-c", "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]
if os.fork() == 0:
    os.fork()
    time.sleep(600)
subprocess.Popen(again, start_new_session=True)
print("up", flush=True)
time.sleep(600)
"""


def test_a_run_goes_through_its_states_and_tells_when(aws):
    name = aws.job("import time; time.sleep(0.3)")
    run_id = aws.start(name)
    assert re.fullmatch("jr_[0-9a-f]{64}", run_id)
    seen = []

    def over():
        state = aws.run(name, run_id)["JobRunState"]
        if state not in seen:
            seen.append(state)
        return state == "SUCCEEDED"

    wait_until(over, 20, "success", interval=0.005)
    assert seen in (["STARTING", "RUNNING", "SUCCEEDED"], ["RUNNING", "SUCCEEDED"])
    run = aws.run(name, run_id)
    assert run["StartedOn"] < run["CompletedOn"] == run["LastModifiedOn"]
    wanted = {
        "Attempt": 0,
        "JobName": name,
        "Timeout": 2880,
        "MaxCapacity": 0.0625,
        "AllocatedCapacity": 0,
        "LogGroupName": "/aws-glue/python-jobs",
        "GlueVersion": "3.0",
        "PredecessorRuns": [],
    }
    assert wanted.items() <= run.items()
    assert not {"ErrorMessage", "Arguments", "PreviousRunId"} & run.keys()


def test_arguments_have_aws_precedence_and_the_record_shows_only_what_was_given(aws):
    name = aws.job(
        "import sys; from awsglue.utils import getResolvedOptions\n"
        "print(sys.argv[1:]); print(getResolvedOptions(sys.argv, ['a', 'b', 'c'])['b'])",
        DefaultArguments={"--a": "1", "--b": "1", "--c": "1"},
        NonOverridableArguments={"--c": "3"},
    )
    run_id = aws.start(name, Arguments={"--b": "2 words", "--c": "2"})
    run = aws.ended(name, run_id)
    assert run["JobRunState"] == "SUCCEEDED", run
    words, b = aws.lines(run_id)
    assert ast.literal_eval(words) == ["--a", "1", "--b", "2 words", "--c", "3"]
    assert b == "2 words"
    assert run["Arguments"] == {"--b": "2 words", "--c": "2"}


def test_a_job_has_its_own_interpreter_environment_and_folder_and_reaches_only_this_aws(aws):
    name = aws.job(
        "import os, sys, json, boto3\n"
        "open('scratch', 'w').close()\n"
        "print(json.dumps([sys.version_info[:2], dict(os.environ), os.getcwd(), os.listdir('.')]))\n"
        "boto3.client('s3').put_object(Bucket='scripts', Key='from-job', Body=b'x')\n"
        "print(boto3.client('sts').get_caller_identity()['Account'])\n"
    )
    run_id = aws.start(name)
    run = aws.ended(name, run_id)
    assert run["JobRunState"] == "SUCCEEDED", run
    first, account = aws.lines(run_id)
    version, environment, folder, content = json.loads(first)
    assert version == [3, 9]
    assert content == ["scratch"]
    assert folder == environment["HOME"] == environment["TMPDIR"] != str(aws.localstack.home)
    assert environment["AWS_ENDPOINT_URL"] == aws.localstack.endpoint
    assert environment["MWAA_ENV_ID"] == aws.localstack.environment_id
    assert not {"LOCALSTACK_HOME", "GATEWAY_LISTEN", "POSTGRES_PASSWORD", "PYTHONHOME"} & environment.keys()
    assert account == "000000000000"
    assert aws.s3.get_object(Bucket="scripts", Key="from-job")["Body"].read() == b"x"
    assert not (aws.folder(run_id) / "work").exists()


def test_a_job_runs_as_the_account_and_region_of_its_run(aws):
    other = Account(aws.localstack, aws_access_key_id="111122223333", region_name="eu-central-1")
    other.s3.create_bucket(Bucket="other-scripts", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    other.s3.put_object(
        Bucket="other-scripts",
        Key="s.py",
        Body=b"import boto3; print(boto3.client('sts').get_caller_identity()['Account'], boto3.Session().region_name)",
    )
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://other-scripts/s.py"}
    name = other.job(None, Command=command)
    run_id = other.start(name)
    assert other.ended(name, run_id)["JobRunState"] == "SUCCEEDED"
    assert other.lines(run_id) == ["111122223333 eu-central-1"]
    assert aws.lines(run_id) == []


def test_a_failing_script_shows_the_last_line_of_its_traceback(aws):
    name = aws.job("import sys\nprint('so far')\nraise ValueError('bad date')")
    run_id = aws.start(name)
    run = aws.ended(name, run_id)
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: bad date")
    assert aws.lines(run_id) == ["so far"]
    assert aws.lines(run_id, "error")[-1] == "ValueError: bad date"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("s3://scripts/missing.py", r"Error downloading from S3 for bucket: scripts, key: missing.py.*404.*NoSuchKey"),
        ("s3://no-such-bucket/x.py", r"Error downloading from S3 for bucket: no-such-bucket, key: x.py.*NoSuchBucket"),
        ("/tmp/x.py", r"/tmp/x.py is not the location of a file; wanted: s3://bucket/key"),
    ],
)
def test_a_missing_script_fails_the_run(aws, location, message):
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": location}
    name = aws.job(None, Command=command)
    run = aws.ended(name, aws.start(name))
    assert run["JobRunState"] == "FAILED"
    assert re.search(message, run["ErrorMessage"])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"Name": "gluestreaming"}, r"Spark streaming jobs"),
        ({"Name": "nonsense"}, r"failed to execute with exception Could not find command for the given criteria"),
        ({"Name": "pythonshell", "PythonVersion": "2"}, r"AWS has ended Python 2.*Set PythonVersion to \"3.9\""),
    ],
)
def test_what_cannot_be_run_is_never_green(aws, command, message):
    name = aws.job("print('ran')", Command={"ScriptLocation": "s3://scripts/x.py", **command})
    run_id = aws.start(name)
    run = aws.ended(name, run_id)
    assert run["JobRunState"] == "FAILED"
    assert re.search(message, run["ErrorMessage"])
    assert aws.lines(run_id) == []


def test_stopping_a_run_ends_every_process_of_it(aws):
    """A grandchild, a child in a session of its own, all of them deaf to SIGTERM."""
    name = aws.job(STUBBORN)
    run_id = aws.start(name)
    aws.up(name, run_id)
    assert len(processes(run_id)) == 5
    answer = aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_unknown"])
    assert answer["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": run_id}]
    assert [(e["JobRunId"], e["ErrorDetail"]["ErrorCode"]) for e in answer["Errors"]] == [
        ("jr_unknown", "EntityNotFoundException")
    ]
    assert aws.run(name, run_id)["JobRunState"] == "STOPPING"
    assert aws.ended(name, run_id)["JobRunState"] == "STOPPED"
    assert processes(run_id) == set()
    again = aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert again["Errors"][0]["ErrorDetail"]["ErrorCode"] == "JobRunInTerminalStateException"


def test_what_a_script_leaves_behind_ends_with_it(aws):
    name = aws.job("import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)")
    run_id = aws.start(name)
    assert aws.ended(name, run_id)["JobRunState"] == "SUCCEEDED"
    assert processes(run_id) == set()


def test_concurrent_runs_are_limited_and_independent(aws):
    name = aws.job("import sys; print(sys.argv[2])", ExecutionProperty={"MaxConcurrentRuns": 4})
    runs = [aws.start(name, Arguments={"--n": str(n)}) for n in range(4)]
    for n, run_id in enumerate(runs):
        assert aws.ended(name, run_id)["JobRunState"] == "SUCCEEDED"
        assert aws.lines(run_id) == [str(n)]
    busy = aws.job(FOREVER)
    first = aws.start(busy)
    with pytest.raises(ClientError) as caught:
        aws.start(busy)
    assert caught.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    assert caught.value.response["Error"]["Message"] == f"Concurrent runs exceeded for {busy}"
    aws.glue.batch_stop_job_run(JobName=busy, JobRunIds=[first])
    aws.ended(busy, first)


def test_logs_are_shipped_while_the_job_runs_and_complete_when_it_has_ended(aws):
    name = aws.job(FOREVER.replace("time.sleep(600)", "time.sleep(1.2); print('done')"))
    run_id = aws.start(name)
    aws.up(name, run_id)  # asserts RUNNING with one line
    aws.ended(name, run_id)
    assert aws.lines(run_id) == ["up", "done"]


def test_output_of_fifty_megabytes_that_is_not_text_neither_fails_nor_fills_the_memory(aws):
    size = 50_000_000
    name = aws.job(
        "import sys; w = sys.stdout.buffer.write\n"
        "w(b'caf\\xe9\\n')\n"
        f"for _ in range({size} // 100): w(b'x' * 99 + b'\\n')\n"
        "w(b'last')"
    )
    before = aws.localstack.memory_mib()
    run_id = aws.start(name)
    assert aws.ended(name, run_id, 60)["JobRunState"] == "SUCCEEDED"
    grown = aws.localstack.memory_mib() - before
    stream = {"logGroupName": "/aws-glue/python-jobs/output", "logStreamName": run_id}
    assert aws.logs.get_log_events(**stream, startFromHead=True, limit=1)["events"][0]["message"] == "caf\\xe9"
    assert aws.logs.get_log_events(**stream, limit=1)["events"][0]["message"].endswith("\nlast")
    assert grown < 250, f"{grown:.0f} MiB more"
