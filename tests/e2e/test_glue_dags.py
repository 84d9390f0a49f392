"""DAGs that run Glue jobs, triggered for real: green only when the job really succeeded."""

import json

import pytest


def test_the_demo_is_all_right(stack):
    done = stack.command("demo", timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr + stack.task_logs("impressions")
    assert "wrong" not in done.stdout
    for part in (
        "task impressions_daily_aggregate.get_glue_job_status: success",
        "40000 rows",
        "150 rows",
        "SUCCEEDED",
    ):
        assert part in done.stdout


def test_the_demo_refuses_a_day_without_sample_data(stack):
    done = stack.command("demo", "--date", "1999-01-01")
    assert done.returncode == 1 and "2023-05-01" in done.stderr


def test_the_run_id_is_the_same_at_every_step_of_its_way(stack, run_id):
    stack.trigger("run_id_walkthrough", run_id)
    run = stack.wait_for_run("run_id_walkthrough", run_id, 240)
    assert run and run["state"] == "success", stack.task_logs("run_id_walkthrough")

    [in_xcom] = [
        x["value"]
        for x in stack.airflow.xcoms("run_id_walkthrough", run_id)
        if x["task_id"] == "show_arguments.run_glue_job" and x["key"] == "return_value"
    ]
    query = (
        "SELECT rendered_fields FROM rendered_task_instance_fields r JOIN dag_run d"
        " ON d.dag_id = r.dag_id AND d.execution_date = r.execution_date"
        " WHERE d.run_id = %s AND r.task_id = 'show_arguments.get_glue_job_status'"
    )
    rendered = stack.query(query, run_id)[0][0]
    rendered = json.loads(rendered) if isinstance(rendered, str) else rendered
    in_glue = [run["Id"] for run in stack.client("glue").get_job_runs(JobName="show_arguments")["JobRuns"]]

    assert rendered["run_id"] == in_xcom
    assert in_xcom in in_glue


@pytest.mark.parametrize(("dag_id", "message"), [("always_fails", "the input was empty"), ("spark_job", "Spark")])
def test_a_job_that_did_not_succeed_is_never_green(stack, run_id, dag_id, message):
    stack.trigger(dag_id, run_id)
    run = stack.wait_for_run(dag_id, run_id, 240)
    assert run and run["state"] == "failed"
    assert {t["task_id"].split(".")[1]: t["state"] for t in run["tasks"]} == {
        "run_glue_job": "failed",
        "get_glue_job_status": "upstream_failed",
    }
    [glue_run] = stack.client("glue").get_job_runs(JobName=dag_id)["JobRuns"]
    assert glue_run["JobRunState"] == "FAILED" and message in glue_run["ErrorMessage"]


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
