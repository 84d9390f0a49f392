"""DAGs that run Glue jobs, triggered for real: green only when the job really succeeded. That the run id is the same at every
step of its way is told by test_end_to_end_kit.py."""

import re
from contextlib import contextmanager

import httpx
import pytest

from mwaa_local import secrets


@pytest.fixture(scope="module")
def demo(stack):
    """`make demo`, done once."""
    return stack.command("demo", timeout=400)


def test_the_demo_is_all_right(stack, demo):
    assert demo.returncode == 0, demo.stdout + demo.stderr + stack.task_logs("impressions")
    assert "wrong" not in demo.stdout
    for part in (
        "task impressions_daily_aggregate.get_glue_job_status: success",
        "40000 rows",
        "150 rows",
        "SUCCEEDED",
    ):
        assert part in demo.stdout


def test_the_demo_refuses_a_day_without_sample_data(stack):
    done = stack.command("demo", "--date", "1999-01-01")
    assert done.returncode == 1 and "2023-05-01" in done.stderr


@pytest.mark.parametrize(
    ("dag_id", "message"), [("always_fails", "the input was empty"), ("spark_job", "GlueVersion 6.0")]
)
def test_a_job_that_did_not_succeed_is_never_green(stack, run_id, dag_id, message):
    stack.trigger(dag_id, run_id)
    run = stack.wait_for_run(dag_id, run_id, 240)
    assert run and run["state"] == "failed"
    assert {t["task_id"].split(".")[1]: t["state"] for t in run["tasks"]} == {
        "run_glue_job": "failed",
        "get_glue_job_status": "upstream_failed",
    }
    newest, *_ = stack.client("glue").get_job_runs(JobName=dag_id)["JobRuns"]
    assert newest["JobRunState"] == "FAILED" and message in newest["ErrorMessage"]


SQUARES = """
import sys
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

spark = GlueContext(SparkContext()).spark_session
spark.range(4).selectExpr("id * id AS square").write.csv(getResolvedOptions(sys.argv, ["target"])["target"])
print("Spark", spark.version)
"""


def test_a_spark_job_that_the_operator_creates_runs(stack, run_id):
    """AwsGlueJobOperator without create_job_kwargs: it names no GlueVersion, so the job has AWS's default."""
    name = "created_by_operator"
    s3, glue, bucket = stack.client("s3"), stack.client("glue"), "created-by-operator"
    stack.client("iam").create_role(RoleName=bucket, AssumeRolePolicyDocument="{}")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="squares.py", Body=SQUARES.encode())
    stack.trigger(name, run_id)
    run = stack.wait_for_run(name, run_id, 400)
    [glue_run] = glue.get_job_runs(JobName=name)["JobRuns"]
    assert run and run["state"] == "success", f"{glue_run}\n{stack.task_logs(name)}"
    assert (glue_run["JobRunState"], glue_run["GlueVersion"]) == ("SUCCEEDED", "5.1")
    assert "GlueVersion" in glue.get_job(JobName=name)["Job"]
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=f"{run_id}/")["Contents"]]
    content = b"".join(s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
    assert sorted(content.split()) == [b"0", b"1", b"4", b"9"]
    assert "Spark 3.5.6" in stack.task_logs(name)


def test_unmodified_boto3_code_stays_local_and_what_would_leave_is_refused(stack, run_id):
    stack.trigger("plain_boto3", run_id)
    run = stack.wait_for_run("plain_boto3", run_id, 240)
    assert run, stack.task_logs("plain_boto3")
    states = {t["task_id"]: t["state"] for t in run["tasks"]}
    assert states == {"python": "success", "bash": "success", "refused": "failed"}, stack.task_logs("plain_boto3")
    listed = stack.client("s3").list_objects_v2(Bucket="impressions-processed", Prefix="plain/")["Contents"]
    assert [o["Key"] for o in listed] == ["plain/bash", "plain/python"]
    assert "169.254.169.254" in stack.task_logs("plain_boto3") and "ALLOW_REAL_AWS" in stack.task_logs("plain_boto3")


def test_the_guard_has_refused_nothing_but_what_a_test_asked_for(stack):
    assert [line for line in stack.refused_calls() if "169.254.169.254" not in line] == []


def test_the_task_logs_show_what_the_jobs_printed_and_how_they_ran(stack, demo):
    """Of the demo's run: the operator has waited, the sensor has looked once in mode="reschedule"."""
    job = "impressions_sessionise"
    [run_id] = re.findall(rf"Glue run (jr_\w+) of {job}: SUCCEEDED", demo.stdout)
    for task in ("run_glue_job", "get_glue_job_status"):
        log = of_run(stack.read(f"$AIRFLOW_HOME/logs/impressions/{job}.{task}/**/*.log"), run_id)
        assert "[local only] Glue output: Accepted 40000 events" in log, log
        assert f" of job {job}: {run_id}, page {stack.settings.endpoint}/_aws/glue/runs/{run_id}, log groups " in log
        assert "[local only] Glue run (how it ran: real) is SUCCEEDED after" in log
        assert log.index("Glue output") < log.index(f"Exiting Job {run_id} Run State: SUCCEEDED")


def test_the_button_of_a_task_leads_to_the_page_of_its_glue_run(stack, run_id):
    stack.trigger("run_id_walkthrough", run_id)
    run = stack.wait_for_run("run_id_walkthrough", run_id, 240)
    assert run and run["state"] == "success", stack.task_logs("run_id_walkthrough")
    with logged_in(stack) as web:
        for task in ("run_glue_job", "get_glue_job_status"):
            asked = {
                "dag_id": "run_id_walkthrough", "task_id": f"show_arguments.{task}",
                "execution_date": run["logical_date"], "link_name": "Glue run (local)",
            }  # fmt: skip
            address = web.get("/extra_links", params=asked).json()["url"]
            assert address.startswith(f"{stack.settings.endpoint}/_aws/glue/runs/jr_")
            page = httpx.get(address, headers={"Accept": "text/html"})
            assert page.status_code == 200 and "show_arguments" in page.text and "SUCCEEDED" in page.text


def of_run(logs, run_id):
    """The one of several logs (see StackUnderTest.read) that is about a Glue run."""
    [log] = [log for log in logs.split("--- ") if run_id in log]
    return log


@contextmanager
def logged_in(stack):
    """A client of Airflow's pages, as `admin`."""
    with httpx.Client(base_url=stack.settings.web_url, follow_redirects=True, timeout=60) as web:
        token = web.get("/login/").text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
        password = secrets.ensure(stack.state)["ADMIN_PASSWORD"]
        landed = web.post("/login/", data={"username": "admin", "password": password, "csrf_token": token})
        assert str(landed.url).rstrip("/").endswith("/home")
        yield web
