"""boto3 1.18.65, which Airflow 2.2.2 brings: what provider 2.4.0 asks of Glue."""

from __future__ import annotations

import json

from tests.support.localstack import VENVS, run_python

# create_job with the members that AwsGlueJobHook of provider 2.4.0 sends, but for a kind of job that can run.
CODE = """
import json, sys, time, boto3
assert boto3.__version__ == "1.18.65", boto3.__version__
endpoint, name, location = sys.argv[1:]
glue = boto3.client("glue", endpoint_url=endpoint)
try:
    glue.get_job(JobName=name)
except glue.exceptions.EntityNotFoundException:
    created = glue.create_job(
        Name=name, Description="d", LogUri="s3://b/logs/glue-logs/" + name, Role="arn:aws:iam::000000000000:role/r",
        ExecutionProperty={"MaxConcurrentRuns": 1}, MaxRetries=0, AllocatedCapacity=10,
        Command={"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": location},
    )
run_id = glue.start_job_run(JobName=created["Name"], Arguments={"--target_date": "2026-01-01"})["JobRunId"]
while True:
    run = glue.get_job_run(JobName=name, RunId=run_id, PredecessorsIncluded=True)["JobRun"]
    if run["JobRunState"] not in ("STARTING", "RUNNING"):
        break
    time.sleep(0.05)
job = glue.get_job(JobName=name)["Job"]
print(json.dumps([run, job, glue.get_jobs()["Jobs"][0]["Name"]], default=str))
"""


def test_airflows_boto3_creates_starts_polls_and_reads(aws):
    name = aws.job("import sys; print(sys.argv[1:])")
    aws.glue.delete_job(JobName=name)
    out = run_python(VENVS / "airflow/bin/python", CODE, aws.localstack.endpoint, name, f"s3://scripts/{name}.py")
    run, job, _ = json.loads(out.splitlines()[-1])
    assert (run["JobRunState"], run["Arguments"]) == ("SUCCEEDED", {"--target_date": "2026-01-01"})
    assert (job["AllocatedCapacity"], job["MaxCapacity"], job["LogUri"]) == (10, 10.0, f"s3://b/logs/glue-logs/{name}")
    assert aws.lines(run["Id"]) == ["['--target_date', '2026-01-01']"]
