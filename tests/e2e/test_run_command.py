"""`make run`: a DAG in one process, whose Glue jobs really run; on the stack that runs, or on LocalStack started for it."""

import json
import subprocess
import sys

import pytest

from mwaa_local.native.sweep import members
from mwaa_local.settings import ROOT
from tests.support.stack import poll

WANTED = {
    "impressions_sessionise.run_glue_job": "success",
    "impressions_sessionise.get_glue_job_status": "success",
    "impressions_daily_aggregate.run_glue_job": "success",
    "impressions_daily_aggregate.get_glue_job_status": "success",
}
USERS_TEST = """
def test_the_job_runs_for_real(run_dag, glue, s3):
    result = run_dag("run_id_walkthrough", logical_date="2023-05-01")
    assert result.success, result.table()
    run_id = result.xcom("show_arguments.run_glue_job")
    assert glue.get_job_run(JobName="show_arguments", RunId=run_id)["JobRun"]["JobRunState"] == "SUCCEEDED"
    assert "impressions-raw" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
"""


def verdict(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def states(found):
    return {task["task_id"]: task["state"] for task in found["tasks"]}


def test_a_dag_runs_on_the_running_stack_and_leaves_no_run_in_its_database(stack):
    found = verdict(stack.command("run", "impressions", "--date", "2023-05-02", "--json", timeout=300))
    assert (found["state"], states(found)) == ("success", WANTED)
    runs = stack.client("glue").get_job_runs(JobName="impressions_sessionise")["JobRuns"]
    assert "SUCCEEDED" in [run["JobRunState"] for run in runs]
    assert stack.query("SELECT count(*) FROM dag_run WHERE run_id = %s", found["run_id"]) == [[0]]


@pytest.mark.slow
def test_without_a_stack_localstack_is_started_and_stopped(new_stack):
    """Twice: the second one finds its S3 as the first one left it."""
    idle = new_stack()
    found = verdict(idle.command("run", "impressions", "--date", "2023-05-01", "--json", timeout=400))
    assert (found["state"], states(found)) == ("success", WANTED)
    secrets = (idle.state / "alone" / "secrets.env").read_text()
    [env_id] = [line.split("=", 1)[1] for line in secrets.splitlines() if line.startswith("MWAA_ENV_ID=")]
    assert members(env_id) == [], "everything that was started has ended"
    again = idle.command(
        "run", "impressions", "--task", "impressions_daily_aggregate", "--date", "2023-05-01", "--json", timeout=400
    )
    assert set(states(verdict(again)).values()) == {"success"}


def test_ctrl_c_leaves_nothing_of_what_was_started_for_the_run(new_stack):
    idle = new_stack()
    process = idle.begin("run", "impressions", "--date", "2023-05-01")
    file = idle.state / "alone" / "localstack" / "run.json"
    assert poll(file.is_file, 120), process.stdout.read()
    process.terminate()
    assert process.wait(60) == 130
    env_id = (idle.state / "alone" / "secrets.env").read_text().split("MWAA_ENV_ID=")[1].splitlines()[0]
    assert members(env_id) == []


def test_a_dag_that_is_not_there_is_answered_with_those_that_are(stack):
    done = stack.command("run", "typo", timeout=120)
    assert done.returncode == 2 and "There are: " in done.stderr and "impressions" in done.stderr


def test_a_teams_test_uses_the_running_glue(stack, tmp_path):
    (tmp_path / "test_own.py").write_text(USERS_TEST)
    environment = stack.environment | {"MWAA_PROJECT": str(ROOT)}
    done = subprocess.run(
        [str(ROOT / "stack" / "bin" / "dag-tests"), "-q", str(tmp_path)],
        env=environment, capture_output=True, text=True, cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert sys.executable not in done.stdout  # Airflow's own interpreter has run it
