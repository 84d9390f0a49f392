"""The real scheduler's outcome of each small DAG of tests/support/outcomes is the recorded one, to which tests/dags holds
runs in one process. RECORD_OUTCOMES=<pattern of DAG ids> writes the record of those anew."""

import json
import os
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


@pytest.mark.slow
def test_the_scheduler_ends_each_dag_as_recorded(outcome_stack):
    folder = OUTCOMES / "dags" if not outcome_stack.in_docker else "/usr/local/airflow/dags"
    recording = os.environ.get("RECORD_OUTCOMES", "")
    in_airflow(outcome_stack, BEGIN, RUN_ID, str(folder), recording)
    seen = {}

    def all_ended():
        seen.update(outcomes(outcome_stack))
        return all(run["state"] in ("success", "failed") for run in seen.values())

    assert poll(all_ended, SECONDS, every=3), [dag_id for dag_id, run in seen.items() if run["state"] == "running"]
    # a callback runs after its task's state is written
    wanted = recorded()
    poll(lambda: seen.update(outcomes(outcome_stack)) or seen == wanted, 20, every=2)
    if recording:
        write(wanted | seen)
    else:
        assert {dag_id: run for dag_id, run in seen.items() if run != wanted.get(dag_id)} == {}
        assert set(seen) == set(wanted)
