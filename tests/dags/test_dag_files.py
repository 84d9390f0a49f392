"""Every DAG file can be deployed: it is found, read, quick, and says who owns it and when it runs."""

import ast
import os
import subprocess
import sys
import time

import pytest
from conftest import DAGS, ROOT, dag_files

DAG_IDS = {"impressions", "impressions_lost_worker", "impressions_spark", "run_id_walkthrough"}


def test_the_files_give_exactly_the_dags_that_are_documented(dag_bag):
    assert set(dag_bag.dags) == DAG_IDS


def test_no_file_has_an_import_error(dag_bag):
    assert dag_bag.import_errors == {}


@pytest.mark.parametrize("file", dag_files(), ids=lambda file: file.name)
def test_reading_a_file_needs_no_database_and_stays_far_below_mwaas_30_seconds(file, tmp_path):
    """What runs at the top of a file runs every 30 s on the scheduler; a query there would fail here."""
    program = (
        "import sys; from airflow.models import DagBag\n"
        "bag = DagBag(sys.argv[1], include_examples=False, read_dags_from_db=False)\n"
        "sys.exit(str(bag.import_errors) if bag.import_errors or not bag.dags else 0)"
    )
    nowhere = {"AIRFLOW__CORE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://nobody@127.0.0.1:9/none"}
    command = [sys.executable, "-c", program, str(file)]
    begun = time.monotonic()
    done = subprocess.run(command, env={**os.environ, **nowhere}, stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("file", sorted(DAGS.rglob("*.py")), ids=lambda file: str(file.relative_to(DAGS)))
def test_no_file_knows_that_it_runs_locally(file):
    text = file.read_text().lower()
    assert not [word for word in ("localhost", "127.0.0.1", "localstack", "endpoint_url", ".local/") if word in text]


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_a_dag_says_who_owns_it_what_it_is_and_when_it_runs(dag_bag, dag_id):
    dag = dag_bag.dags[dag_id]
    assert dag.tags and dag.description and dag.doc_md
    assert dag.catchup is False
    assert dag.schedule_interval in (None, "@daily")
    for task in dag.tasks:
        assert task.owner not in ("", "airflow"), "the default owner is nobody"
        assert "retries" in dag.default_args and task.retries <= 3


def test_a_dag_has_no_cycle(dag_bag):
    from airflow.utils.dag_cycle_tester import check_cycle

    for dag in dag_bag.dags.values():
        check_cycle(dag)


@pytest.mark.parametrize("file", dag_files(), ids=lambda file: file.name)
def test_a_start_date_is_a_constant(file):
    """A start_date that moves with the clock (now(), days_ago()) never lets a schedule come due."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    starts = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "start_date"]
    assert starts
    for start in starts:
        assert isinstance(start, ast.Call) and start.func.id == "datetime"
        assert all(isinstance(argument, ast.Num) for argument in start.args)


def test_a_dag_survives_serialization(dag_bag):
    """The web server knows only what the scheduler has serialized."""
    from airflow.serialization.serialized_objects import SerializedDAG

    for dag in dag_bag.dags.values():
        copy = SerializedDAG.from_dict(SerializedDAG.to_dict(dag))
        assert {task.task_id: task.upstream_task_ids for task in copy.tasks} == {
            task.task_id: task.upstream_task_ids for task in dag.tasks
        }


def test_requirements_name_the_versions_of_mwaa_and_a_constraint():
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0].startswith("--constraint") and "constraints-2.2.2/constraints-3.7.txt" in lines[0]
    assert {"apache-airflow==2.2.2", "apache-airflow-providers-amazon==2.4.0"} <= set(lines)
    assert all("==" in line for line in lines[1:])
