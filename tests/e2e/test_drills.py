"""Celery on SQS as MWAA runs it: a worker that is taken away, a message that comes back, a queue that is not there.

One story, told once: the same Glue job is awaited by an operator and by a sensor; the worker is scaled in; then a further task's
worker is lost while its queue's visibility timeout is short.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.stack import poll

OPERATOR, SENSOR, SLEEPS, ELSEWHERE = (
    "drill_waits_in_operator",
    "drill_waits_in_sensor",
    "drill_sleeps",
    "drill_other_queue",
)
SHORT = "20"  # seconds
TRIGGER = """
import sys
from airflow.api.common.experimental.trigger_dag import trigger_dag
from airflow.models import DagModel
for dag_id in sys.argv[2:]:
    DagModel.get_dagmodel(dag_id).set_is_paused(is_paused=False)
    trigger_dag(dag_id, run_id=sys.argv[1])
"""


@dataclass
class Story:
    """What the drills printed, and what was seen on the way."""

    stack: Any
    run_id: str
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    runs: dict[str, Any] = field(default_factory=dict)
    glue_when_noticed: dict[str, str] = field(default_factory=dict)

    def trigger(self, *dag_ids: str) -> None:
        command = self.stack.airflow.command("python", "-c", TRIGGER, self.run_id, *dag_ids)
        done = subprocess.run(command, capture_output=True, text=True, env=self.stack.airflow.environment())
        assert done.returncode == 0, done.stderr

    def states(self, dag_id: str) -> dict[str, str]:
        return {task["task_id"]: task["state"] for task in self.stack.run_state(dag_id, self.run_id)["tasks"]}

    def wait_for(self, dag_id: str, task_id: str, *states: str) -> None:
        assert poll(lambda: self.states(dag_id).get(task_id) in states, 180), (dag_id, self.states(dag_id))

    def account(self) -> str:
        """For a failing test's report: what the drills said, each task, and what the queue and the workers know."""
        said = [f"{name}:\n{done.stdout}{done.stderr}" for name, done in self.said.items()]
        tasks = {dag_id: self.stack.run_state(dag_id, self.run_id)["tasks"] for dag_id in (OPERATOR, SENSOR, SLEEPS)}
        sqs = self.stack.client("sqs")
        url = sqs.get_queue_url(QueueName=f"airflow-celery-{self.stack.env_id}")["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        log = self.stack.command("logs", "worker", "--no-follow", "--lines", "400").stdout
        return "\n".join([*said, str(tasks), str(queue), log, self.stack.task_logs(SENSOR)])

    def glue_runs(self) -> dict[str, str]:
        found = self.stack.client("glue").get_job_runs(JobName="drill")["JobRuns"]
        return {run["Id"]: run["JobRunState"] for run in found}

    def glue_run_of_the_sensor(self) -> str:
        [xcom] = [x for x in self.stack.airflow.xcoms(SENSOR, self.run_id) if x["key"] == "return_value"]
        return xcom["value"]


@pytest.fixture(scope="module")
def story(stack):
    told = Story(stack, "drill__1")
    s3, sqs = stack.client("s3"), stack.client("sqs")
    queue = sqs.get_queue_url(QueueName=f"airflow-celery-{stack.env_id}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    s3.create_bucket(Bucket="drill")
    told.trigger(OPERATOR, SENSOR, ELSEWHERE)
    told.wait_for(OPERATOR, "run", "running")
    told.wait_for(SENSOR, "wait", "up_for_reschedule")
    assert poll(lambda: sorted(told.glue_runs().values()) == ["RUNNING", "RUNNING"], 60), told.glue_runs()
    told.said["scale-in"] = stack.command("scale-in", "--no-follow")
    try:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": SHORT})
        told.trigger(SLEEPS)
        told.wait_for(SLEEPS, "sleep", "running")
        told.said["worker-loss"] = stack.command("worker-loss")
        told.runs[OPERATOR] = stack.wait_for_run(OPERATOR, told.run_id, 240)
        told.glue_when_noticed = told.glue_runs()
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
        s3.put_object(Bucket="drill", Key="release", Body=b"")
    for dag_id in (SENSOR, SLEEPS, ELSEWHERE):
        told.runs[dag_id] = stack.wait_for_run(dag_id, told.run_id, 240)
    yield told
    stack.wait_until_healthy(240)


def test_a_scale_in_kills_the_task_that_waits_in_its_operator_and_says_so(story):
    said = story.said["scale-in"]
    assert said.returncode == 0, said.stdout + said.stderr
    assert re.search(r"SIGTERM, after \d+ s SIGKILL: the worker is gone", said.stdout), said.stdout
    assert re.search(rf"{OPERATOR}\.run +{story.run_id} +1 +killed", said.stdout), said.stdout
    assert "2 runs under way" in said.stdout and said.stdout.count("goes on") == 2, said.stdout


def test_the_task_is_a_zombie_and_fails_while_its_glue_run_goes_on(story):
    assert story.runs[OPERATOR]["state"] == "failed", story.stack.task_logs(OPERATOR)
    assert list(story.glue_when_noticed.values()) == ["RUNNING", "RUNNING"]
    log = story.stack.read("$AIRFLOW_HOME/logs/dag_processor_manager/*.log")
    assert re.search(rf"Detected zombie job: .*{OPERATOR}", log)


def test_the_glue_run_ends_well_without_its_task(story):
    assert poll(lambda: set(story.glue_runs().values()) == {"SUCCEEDED"}, 30), story.glue_runs()


def test_the_same_job_awaited_by_a_sensor_survives(story):
    assert (story.runs[SENSOR] or {}).get("state") == "success", story.account()
    assert story.states(SENSOR) == {"run": "success", "wait": "success"}
    assert story.glue_runs()[story.glue_run_of_the_sensor()] == "SUCCEEDED"


def test_a_lost_worker_is_told_apart_from_one_that_was_given_time(story):
    said = story.said["worker-loss"]
    assert said.returncode == 0, said.stdout + said.stderr
    assert "SIGKILL: the worker is gone." in said.stdout and "SIGTERM" not in said.stdout
    # whether its message comes back before Airflow notices depends on how long the fresh worker takes to start
    noticed = rf"{SLEEPS}\.sleep .* killed +(message delivered once more after \d+ s; )?noticed after \d+ s: failed"
    assert re.search(noticed, said.stdout), said.stdout
    assert story.runs[SLEEPS]["state"] == "failed"


def test_the_message_of_a_lost_worker_comes_back_after_the_visibility_timeout(story):
    query = "SELECT external_executor_id FROM task_instance WHERE dag_id = %s AND run_id = %s"
    [[celery_id]] = story.stack.query(query, SLEEPS, story.run_id)

    def receipts():
        log = story.stack.command("logs", "worker", "--no-follow", "--lines", "100000").stdout
        return len(re.findall(rf"\[{celery_id}\] received", log))

    assert poll(lambda: receipts() >= 2, 120), story.account()
    assert poll(lambda: "Task is not able to be run" in story.stack.task_logs(SLEEPS), 30), story.stack.task_logs(
        SLEEPS
    )


def test_a_task_with_another_queue_fails_without_a_log(story):
    assert story.runs[ELSEWHERE]["state"] == "failed"
    assert story.states(ELSEWHERE) == {"nowhere": "failed"}
    assert story.stack.task_logs(ELSEWHERE) == ""
