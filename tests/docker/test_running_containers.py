"""The containers of a running stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from mwaa_local import secrets
from mwaa_local.settings import ROOT
from tests.support.stack import StackUnderTest, poll

LIMITS = {"postgres": "DB", "scheduler": "SCHEDULER", "worker": "WORKER", "webserver": "WEB"}
DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.dummy import DummyOperator

with DAG("edited_on_the_host", start_date=datetime(2022, 1, 1), schedule_interval=None) as dag:
    DummyOperator(task_id="{}")
"""


def inspected(stack: StackUnderTest) -> dict[str, dict[str, Any]]:
    """What Docker knows of each container, by service."""
    found = stack.docker.containers()
    facts = json.loads(stack.docker.engine.run("inspect", *(container.id for container in found)).stdout)
    return {container.service: fact for container, fact in zip(found, facts)}


def test_limits_are_those_of_the_class(stack: StackUnderTest) -> None:
    wanted = dotenv_values(ROOT / "stack" / "classes" / "mw1.small.env")
    found = inspected(stack)
    for service, prefix in LIMITS.items():
        limits = found[service]["HostConfig"]
        assert limits["Memory"] == int((wanted[f"{prefix}_MEMORY"] or "").removesuffix("g")) * 2**30, service
        assert limits["NanoCpus"] == float(wanted[f"{prefix}_CPUS"] or 0) * 1e9, service


def test_every_published_port_is_on_loopback(stack: StackUnderTest) -> None:
    ports = [
        (published["HostIp"], int(published["HostPort"]))
        for facts in inspected(stack).values()
        for published_all in facts["NetworkSettings"]["Ports"].values()
        for published in published_all or []
    ]
    settings = stack.settings
    assert sorted(ports) == sorted(
        ("127.0.0.1", port) for port in (settings.web_port, settings.aws_port, settings.postgres_port)
    )


def test_no_secret_can_be_read_by_docker_inspect(stack: StackUnderTest) -> None:
    shown = json.dumps(inspected(stack))
    # the id is a name, and the label by which containers are found
    kept = {name: value for name, value in secrets.ensure(stack.state).items() if name != "MWAA_ENV_ID"}
    assert len(kept) > 3
    assert [name for name, value in kept.items() if value in shown] == []


def test_nothing_that_serves_runs_as_root(stack: StackUnderTest) -> None:
    """Docker's own init is all that may."""
    engine = stack.docker.engine
    for container in stack.docker.containers():
        if container.state == "running":
            listed = engine.run("top", container.id, "-eo", "pid,uid,comm").stdout.splitlines()[1:]
            rows = [line.split(None, 2) for line in listed]
            assert len(rows) > 1, container.service
            assert {name for _, uid, name in rows if uid == "0"} <= {"docker-init"}, container.service


def test_a_spark_job_says_what_brings_its_spark_into_the_image(stack: StackUnderTest) -> None:
    glue = stack.client("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://none/at-all.py"}
    glue.create_job(Name="no_spark", Role="role", Command=command, GlueVersion="4.0")
    run_id = glue.start_job_run(JobName="no_spark")["JobRunId"]
    run = poll(lambda: ended(glue.get_job_run(JobName="no_spark", RunId=run_id)["JobRun"]), 30)
    assert run and run["JobRunState"] == "FAILED"
    assert "make up MODE=docker GLUE=4.0" in run["ErrorMessage"]


def ended(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["JobRunState"] not in ("STARTING", "RUNNING", "WAITING") else None


def test_an_edit_on_the_host_is_seen_without_a_rebuild(stack: StackUnderTest, project: Path) -> None:
    containers = {container.id for container in stack.docker.containers()}
    file = project / "dags" / "edited_on_the_host.py"
    for task in ("as_it_was", "as_it_is_now"):
        file.write_text(DAG.format(task))
        assert poll(lambda task=task: is_known(stack, task), 60, every=1), stack.airflow.import_errors()
    assert {container.id for container in stack.docker.containers()} == containers


def is_known(stack: StackUnderTest, task: str) -> bool:
    """Whether the scheduler has parsed the DAG with this task."""
    sql = "SELECT count(*) FROM serialized_dag WHERE dag_id = 'edited_on_the_host' AND data::text LIKE %s"
    return stack.query(sql, f'%"{task}"%') == [[1]]


def test_workers_scale(stack: StackUnderTest) -> None:
    """`make worker SCALE=3` ends when three serve; each takes its own tasks from the queue; and back to one."""
    for count in (3, 1):
        done = stack.command("worker", "--scale", str(count))
        assert done.returncode == 0, done.stderr
        workers = [container for container in stack.docker.containers() if container.service == "worker"]
        assert len(workers) == count
        for container in workers:
            healthy = stack.docker.engine.run("exec", container.id, "/opt/mwaa-local/stack/bin/health", "worker")
            assert healthy.returncode == 0, healthy.stdout
    stack.wait_until_healthy()
