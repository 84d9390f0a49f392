"""Tests of what is deployed to MWAA, in MWAA's own interpreter (Python 3.7, Airflow 2.2.2) and on an empty database.

PYTHONPATH=.local/venvs/airflow-test .local/venvs/airflow/bin/python -m pytest tests/dags
"""

import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
HOME = tempfile.TemporaryDirectory(prefix="dag-tests-")

# Airflow reads these when it is imported, so they are set before any test imports it.
for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "AWS_"))]:
    del os.environ[name]
os.environ.update(
    AIRFLOW_HOME=HOME.name,
    AIRFLOW__CORE__SQL_ALCHEMY_CONN="sqlite:///{}/airflow.db".format(HOME.name),
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
)


def dag_files():
    """The files that Airflow's own rules (safe mode, .airflowignore) take for DAG files; never an empty list."""
    from airflow.utils.file import list_py_file_paths

    files = sorted(list_py_file_paths(str(DAGS), safe_mode=True, include_examples=False))
    if not files:
        raise pytest.UsageError("No DAG file found below {}: there would be nothing to test.".format(DAGS))
    return [Path(file) for file in files]


@pytest.fixture(scope="session")
def database():
    """The tables of Airflow, empty."""
    from airflow import settings
    from airflow.models import dagcode, renderedtifields, serialized_dag  # noqa: F401  tables known once imported
    from airflow.models.base import Base

    Base.metadata.create_all(settings.engine)
    return settings.engine


@pytest.fixture(scope="session")
def dag_bag():
    from airflow.models import DagBag

    return DagBag(str(DAGS), include_examples=False, read_dags_from_db=False)


@pytest.fixture
def new_run(database, dag_bag):
    """new_run(dag_id, execution_date="2023-05-02T12:00", conf=None): a run as `airflow dags trigger` makes it."""
    from airflow.models.base import Base
    from airflow.models.serialized_dag import SerializedDagModel

    def make(dag_id, execution_date="2023-05-02T12:00", conf=None):
        from airflow.api.common.experimental.trigger_dag import trigger_dag

        dag = dag_bag.dags[dag_id]
        dag.sync_to_db()
        SerializedDagModel.write_dag(dag)
        moment = datetime.fromisoformat(execution_date).replace(tzinfo=timezone.utc)
        return trigger_dag(dag_id, execution_date=moment, conf=conf)

    yield make
    with database.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def task_instance(dag_bag):
    """task_instance(run, task_id): with the task as the file defines it, ready to be rendered."""
    from airflow.utils.session import create_session

    def find(run, task_id):
        with create_session() as session:
            ti = run.get_task_instance(task_id, session=session)
            session.expunge_all()
        ti.task = dag_bag.dags[run.dag_id].get_task(task_id).prepare_for_execution()
        return ti

    return find
