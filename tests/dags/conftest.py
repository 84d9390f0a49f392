"""Tests of what is deployed to MWAA, in MWAA's own interpreter (Python 3.7, Airflow 2.2.2), with the plugin that users have."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

pytest_plugins = ["mwaa_airflow.dagtest.plugin"]

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"


@pytest.fixture
def new_run(airflow_db, dag):
    """new_run(dag_id, execution_date="2023-05-02T12:00", conf=None): a run as `airflow dags trigger` makes it."""
    from airflow.models.serialized_dag import SerializedDagModel

    def make(dag_id, execution_date="2023-05-02T12:00", conf=None):
        from airflow.api.common.experimental.trigger_dag import trigger_dag

        dag(dag_id).sync_to_db()
        SerializedDagModel.write_dag(dag(dag_id))
        moment = datetime.fromisoformat(execution_date).replace(tzinfo=timezone.utc)
        return trigger_dag(dag_id, execution_date=moment, conf=conf)

    return make


@pytest.fixture
def task_instance(dag):
    """task_instance(run, task_id): with the task as the file defines it, ready to be rendered."""
    from airflow.utils.session import create_session

    def find(run, task_id):
        with create_session() as session:
            ti = run.get_task_instance(task_id, session=session)
            session.expunge_all()
        ti.task = dag(run.dag_id).get_task(task_id).prepare_for_execution()
        return ti

    return find
