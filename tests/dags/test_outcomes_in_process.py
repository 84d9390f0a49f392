"""A run in one process ends as the real scheduler ends it: state, attempts and XComs of each task of each small DAG."""

import pytest
from conftest import ROOT

from tests.support.outcomes.record import comparable, recorded

OUTCOMES = ROOT / "tests" / "support" / "outcomes"
EXPECTED = recorded()


@pytest.fixture(scope="session")
def outcome_dags(_database):
    from airflow.models import DagBag

    bag = DagBag(str(OUTCOMES / "dags"), include_examples=False, read_dags_from_db=False)
    assert bag.import_errors == {}
    return bag.dags


def outcome(result):
    """In the form of the record."""
    tasks = {task_id: {"state": task.state, "tries": task.tries} for task_id, task in result.tasks.items()}
    for task_id, xcoms in result.xcoms.items():
        tasks[task_id]["xcoms"] = xcoms
    return comparable({"state": result.state, "tasks": tasks})


def test_the_scheduler_has_recorded_every_dag(outcome_dags):
    assert set(EXPECTED) == set(outcome_dags)
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("dag_id", sorted(EXPECTED))
def test_the_outcome_is_the_schedulers(run_dag, outcome_dags, dag_id):
    result = run_dag(outcome_dags[dag_id], logical_date="2023-05-01")
    assert outcome(result) == EXPECTED[dag_id], result.table()


@pytest.mark.parametrize("dag_id", sorted(dag_id for dag_id in EXPECTED if "sensor" in dag_id))
def test_moving_time_on_for_sensors_changes_no_outcome(run_dag, outcome_dags, dag_id):
    result = run_dag(outcome_dags[dag_id], logical_date="2023-05-01", sensors="advance")
    assert outcome(result) == EXPECTED[dag_id], result.table()
