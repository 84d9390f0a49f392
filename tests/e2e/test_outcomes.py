"""The real scheduler's outcome of each small DAG of tests/support/outcomes is the recorded one, to which tests/dags holds
runs in one process. OUTCOMES=<pattern of DAG ids> looks at those only; RECORD_OUTCOMES=<pattern> writes their record anew."""

import json
import os
import re
import subprocess

import pytest

from mwaa_local.settings import ROOT
from tests.support.outcomes.record import comparable, recorded, write
from tests.support.stack import StackUnderTest, poll

OUTCOMES = ROOT / "tests" / "support" / "outcomes"
RUN_ID = "manual__2023-05-01T00:00:00+00:00"
SECONDS = 1800  # the stack decides some 200 tasks; a busy machine takes its time
# Prints what a run left, in Airflow's interpreter: {dag_id: {state, tasks: {task_id: {state, tries, xcoms}}}}.
ASK = """
import json, sys
from airflow.models import DagRun, TaskInstance, XCom
from airflow.utils.session import create_session
found = {}
with create_session() as session:
    for run in session.query(DagRun).filter_by(run_id=sys.argv[1]):
        tis = session.query(TaskInstance).filter_by(dag_id=run.dag_id, run_id=run.run_id)
        tasks = {ti.task_id: {"state": ti.state, "tries": ti._try_number} for ti in tis}
        for row in session.query(XCom).filter_by(dag_id=run.dag_id, execution_date=run.execution_date):
            tasks[row.task_id].setdefault("xcoms", {})[row.key] = row.value
        found[run.dag_id] = {"state": str(getattr(run.state, "value", run.state)), "tasks": tasks}
print("OUTCOMES " + json.dumps(found))
"""
# Reads the files and triggers every DAG, in one process: the command line would start 40.
BEGIN = """
import sys, pendulum
from airflow.api.common.experimental.trigger_dag import trigger_dag
from airflow.models import DagBag, DagModel
from airflow.utils.session import create_session
bag = DagBag(sys.argv[2], include_examples=False, read_dags_from_db=False)
assert not bag.import_errors, bag.import_errors
bag.sync_to_db()
with create_session() as session:
    session.query(DagModel).filter(DagModel.dag_id.in_(list(bag.dags))).update(
        {DagModel.is_paused: False}, synchronize_session=False)
import re
for dag_id in sorted(dag_id for dag_id in bag.dags if re.search(sys.argv[3], dag_id)):
    trigger_dag(dag_id, run_id=sys.argv[1], execution_date=pendulum.datetime(2023, 5, 1))
"""
# Triggers DAGs once more, as if they had not been run.
AGAIN = """
import sys, pendulum
from airflow.api.common.experimental.trigger_dag import trigger_dag
from airflow.models import Variable
from airflow.utils.session import create_session
from mwaa_airflow.attendant import delete_run
with create_session() as session:
    session.query(Variable).filter(Variable.key.like("looks_%")).delete(synchronize_session=False)
for dag_id in sys.argv[2:]:
    delete_run(dag_id, sys.argv[1])
    trigger_dag(dag_id, run_id=sys.argv[1], execution_date=pendulum.datetime(2023, 5, 1))
"""
ROUNDS = 3


@pytest.fixture(scope="module")
def outcome_stack(tmp_path_factory):
    # What is compared is what the scheduler decides. Without Celery nothing depends on how quickly a message is sent: on a
    # busy machine, Airflow's limit of a second for that fails tasks ("finished although the task says its queued").
    settings = {"MWAA_PROJECT": str(OUTCOMES), "EXECUTOR": "local"}
    stack = StackUnderTest(tmp_path_factory.mktemp("outcomes") / "state", **settings)
    try:
        stack.up()
        yield stack
    finally:
        stack.destroy()


def in_airflow(stack, program, *arguments):
    command = stack.airflow.command("python", "-c", program, *arguments)
    done = subprocess.run(command, capture_output=True, text=True, env=stack.airflow.environment())
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def outcomes(stack):
    [line] = [line for line in in_airflow(stack, ASK, RUN_ID).splitlines() if line.startswith("OUTCOMES ")]
    return {dag_id: comparable(outcome) for dag_id, outcome in json.loads(line[len("OUTCOMES ") :]).items()}


def lost(seen):
    """DAGs with a task that failed without a try: not by a decision, but by the executor's report on the look of a sensor before,
    which a busy scheduler had not dealt with when the next look was queued ("finished although the task says its queued")."""
    lost_task = {"state": "failed", "tries": 0}
    return sorted(
        dag_id for dag_id, run in seen.items() if any(lost_task.items() <= t.items() for t in run["tasks"].values())
    )


def wait_until_all_ended(stack):
    seen = {}

    def all_ended():
        seen.update(outcomes(stack))
        return all(run["state"] in ("success", "failed") for run in seen.values())

    assert poll(all_ended, SECONDS, every=3), [dag_id for dag_id, run in seen.items() if run["state"] == "running"]
    return seen


@pytest.mark.slow
def test_the_scheduler_ends_each_dag_as_recorded(outcome_stack):
    folder = OUTCOMES / "dags" if not outcome_stack.in_docker else "/usr/local/airflow/dags"
    recording = os.environ.get("RECORD_OUTCOMES", "")
    pattern = recording or os.environ.get("OUTCOMES", "")
    in_airflow(outcome_stack, BEGIN, RUN_ID, str(folder), pattern)
    seen = wait_until_all_ended(outcome_stack)
    for _ in range(ROUNDS):
        if again := lost(seen):
            in_airflow(outcome_stack, AGAIN, RUN_ID, *again)
            seen = wait_until_all_ended(outcome_stack)
    assert not lost(seen)
    # a callback runs after its task's state is written
    wanted = {dag_id: run for dag_id, run in recorded().items() if re.search(pattern, dag_id)}
    poll(lambda: seen.update(outcomes(outcome_stack)) or seen == wanted, 20, every=2)
    if recording:
        write(recorded() | seen)
    else:
        assert {dag_id: run for dag_id, run in seen.items() if run != wanted.get(dag_id)} == {}
        assert set(seen) == set(wanted)
