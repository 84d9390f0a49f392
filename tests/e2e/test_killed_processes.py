"""kill -9 of any one process: it comes back, and the run in flight ends in a true state."""

import pytest

from mwaa_local.demo import EXPECTED_ROWS, _rows
from tests.support.stack import poll

DAY, LOGICAL_DATE = "2023-05-01", "2023-05-02T12:{:02d}:00+00:00"  # Airflow drops the microseconds
ROLES = ["worker", "localstack", "scheduler", "postgres", "webserver"]
LONG = [pytest.param(role, marks=pytest.mark.slow) for role in ROLES[3:]]


@pytest.mark.parametrize("role", [*ROLES[:3], *LONG])
def test_a_killed_role_comes_back_and_the_run_in_flight_ends_true(stack, run_id, role):
    stack.trigger("impressions", run_id, "--exec-date", LOGICAL_DATE.format(ROLES.index(role)))
    assert poll(lambda: any(t["state"] == "running" for t in stack.run_state("impressions", run_id)["tasks"]), 60)
    victim = stack.pid(role)
    stack.kill(role)
    assert poll(lambda: stack.pid(role) not in (0, victim), 60)

    run = stack.wait_for_run("impressions", run_id, 300)
    assert run, stack.task_logs("impressions")
    stack.wait_until_healthy()
    assert_true(stack, run, run_id)


def assert_true(stack, run, run_id):
    """Green means: each Glue run that Airflow holds SUCCEEDED and its output is there, complete. No job runs on."""
    glue, s3 = stack.client("glue"), stack.client("s3")
    for job in ("impressions_sessionise", "impressions_daily_aggregate"):
        states = {r["Id"]: r["JobRunState"] for r in glue.get_job_runs(JobName=job)["JobRuns"]}
        handed_over = [
            x["value"]
            for x in stack.airflow.xcoms("impressions", run_id)
            if x["task_id"] == f"{job}.run_glue_job" and x["key"] == "return_value"
        ]
        if run["state"] == "success":
            assert [states[one] for one in handed_over] == ["SUCCEEDED"]
        assert not set(states.values()) & {"STARTING", "RUNNING", "STOPPING"}
    if run["state"] == "success":
        for folder in EXPECTED_ROWS:
            [listed] = s3.list_objects_v2(Bucket="impressions-processed", Prefix=f"{folder}/dt={DAY}/")["Contents"]
            assert _rows(s3.get_object(Bucket="impressions-processed", Key=listed["Key"])["Body"].read()) > 0
