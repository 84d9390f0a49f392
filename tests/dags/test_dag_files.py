"""Every DAG file can be deployed: the plugin's checks on each, and what is true of these samples only."""

import pytest
from conftest import DAGS, ROOT

from mwaa_airflow.dagtest.checks import test_dag_file  # noqa: F401

DAG_IDS = {"impressions", "impressions_lost_worker", "impressions_spark", "run_id_walkthrough"}


def test_the_files_give_exactly_the_dags_that_are_documented(dag_bag):
    assert set(dag_bag.dags) == DAG_IDS


def test_no_file_has_an_import_error(dag_bag):
    assert dag_bag.import_errors == {}


@pytest.mark.parametrize("file", sorted(DAGS.rglob("*.py")), ids=lambda file: str(file.relative_to(DAGS)))
def test_no_file_knows_that_it_runs_locally(file):
    text = file.read_text().lower()
    assert not [word for word in ("localhost", "127.0.0.1", "localstack", "endpoint_url", ".local/") if word in text]


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_a_dag_says_what_it_is_and_when_it_runs(dag, dag_id):
    one = dag(dag_id)
    assert one.description and one.doc_md
    assert one.catchup is False
    assert one.schedule_interval in (None, "@daily")


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
