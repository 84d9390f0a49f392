"""A run in one process: what a user gives it, what it gives back, and what it says of what would not end on MWAA."""

import json
import os
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import ROOT

START = datetime(2023, 1, 1)


@pytest.fixture
def new_dag():
    """new_dag(dag_id, **options): an empty DAG."""
    from airflow import DAG

    def make(dag_id, **options):
        return DAG(dag_id, **dict({"start_date": START, "schedule_interval": None}, **options))

    return make


def python(task_id, function, **more):
    from airflow.operators.python import PythonOperator

    return PythonOperator(task_id=task_id, python_callable=function, **more)


@pytest.mark.parametrize(
    "moment", ["2023-05-01", date(2023, 5, 1), datetime(2023, 5, 1)], ids=["text", "date", "datetime"]
)
def test_the_logical_date_the_conf_and_seeded_variables_are_there_in_templates(run_dag, new_dag, moment):
    from airflow.models import Variable
    from airflow.operators.bash import BashOperator

    with new_dag("conf") as dag:
        BashOperator(task_id="says", bash_command="echo {{ ds }} {{ dag_run.conf['x'] }} {{ var.value.named }}")
    Variable.set("named", "value")
    result = run_dag(dag, logical_date=moment, conf={"x": 7})
    assert result.success and result.xcom("says") == "2023-05-01 7 value"
    assert result.run_id == "manual__2023-05-01T00:00:00+00:00"


def test_a_mock_replaces_a_task_and_only_in_that_run(run_dag, new_dag):
    from airflow.exceptions import AirflowSkipException

    with new_dag("mocks") as dag:
        first = python("first", lambda: "true")
        first >> python("second", lambda: "true") >> python("third", lambda: "true", trigger_rule="all_done")
    mocks = {"first": lambda context: context["ds"], "second": AirflowSkipException("not now"), "third": {"a": 1}}
    result = run_dag(dag, logical_date="2023-05-01", mocks=mocks)
    assert result.states == {"first": "success", "second": "skipped", "third": "success"}
    assert (result.xcom("first"), result.xcom("third")) == ("2023-05-01", {"a": 1})
    again = run_dag(dag, logical_date="2023-05-02")
    assert again.xcom("first") == "true" and again.states["second"] == "success"


def test_a_mock_for_a_task_that_is_not_there_is_refused_by_name(run_dag, new_dag):
    with new_dag("mocks") as dag:
        python("first", lambda: 1)
    with pytest.raises(KeyError, match="no task typo; it has: first"):
        run_dag(dag, mocks={"typo": 1})


def test_one_task_or_one_group_can_be_run_alone(run_dag, new_dag):
    from airflow.utils.task_group import TaskGroup

    with new_dag("parts") as dag:
        with TaskGroup("group") as group:
            python("a", lambda: 1) >> python("b", lambda: 2)
        group >> python("after", lambda: 1 / 0)
    assert run_dag(dag, logical_date="2023-05-01", task="group").states == {"group.a": "success", "group.b": "success"}
    assert run_dag(dag, logical_date="2023-05-02", task="group.b").states == {"group.b": "success"}
    with pytest.raises(ValueError, match="has no task 'c'; it has: "):
        run_dag(dag, task="c")


def test_the_delay_of_a_retry_does_not_pass_and_that_is_said(run_dag, new_dag):
    with new_dag("retries") as dag:
        python("flaky", lambda ti: 1 / (ti.try_number - 1), retries=1, retry_delay=timedelta(days=300))
    result = run_dag(dag, logical_date="2023-05-01")
    assert result.success and result.tasks["flaky"].tries == 2
    assert "were not waited: time was moved on" in result.notes[-1]


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_time_moved_on_for_a_sensor_lets_it_time_out(run_dag, new_dag, mode):
    from airflow.sensors.python import PythonSensor

    looks = []
    with new_dag("sensor") as dag:
        PythonSensor(
            task_id="waits", mode=mode, poke_interval=3600, timeout=9000, python_callable=lambda: looks.append(1)
        )
    result = run_dag(dag, logical_date="2023-05-01", sensors="advance")
    assert result.states == {"waits": "failed"} and len(looks) == 4
    assert type(result.tasks["waits"].error).__name__ == "AirflowSensorTimeout"


def test_a_task_that_defers_itself_fails_as_mwaa_has_no_triggerer(run_dag, new_dag):
    from airflow.sensors.date_time import DateTimeSensorAsync

    with new_dag("deferred") as dag:
        DateTimeSensorAsync(task_id="waits", target_time="2100-01-01T00:00:00+00:00") >> python("after", lambda: 1)
    result = run_dag(dag, logical_date="2023-05-01")
    assert result.states == {"waits": "failed", "after": "upstream_failed"}
    assert "no triggerer" in str(result.tasks["waits"].error)


@pytest.mark.parametrize(
    ("options", "said"), [({"pool": "gone"}, "'gone' does not exist"), ({"pool_slots": 10001}, "10001 slots")]
)
def test_a_task_that_no_scheduler_would_queue_fails(run_dag, new_dag, options, said):
    with new_dag("pools") as dag:
        python("never", lambda: 1, **options)
    result = run_dag(dag, logical_date="2023-05-01")
    assert result.states == {"never": "failed"} and said in str(result.tasks["never"].error)


def test_a_run_beyond_its_limit_is_given_up(run_dag, new_dag):
    from airflow.sensors.python import PythonSensor

    with new_dag("endless") as dag:
        PythonSensor(task_id="waits", mode="reschedule", poke_interval=5, python_callable=lambda: False)
    result = run_dag(dag, logical_date="2023-05-01", limit=1)
    assert result.state == "failed" and result.states == {"waits": "up_for_reschedule"}
    assert result.notes == ["The run was given up after 1 s."]


def test_a_dag_that_is_over_time_skips_what_is_left(run_dag, new_dag):
    import time

    called = []
    options = {"dagrun_timeout": timedelta(seconds=0.2), "on_failure_callback": called.append}
    with new_dag("over", **options) as dag:
        python("slow", lambda: time.sleep(0.4)) >> python("after", lambda: 1)
    result = run_dag(dag, logical_date="2023-05-01")
    assert (result.state, result.states) == ("failed", {"slow": "success", "after": "skipped"})
    assert [context["reason"] for context in called] == ["timed_out"]


def test_callbacks_of_the_dag_may_write_to_the_database(run_dag, new_dag):
    from airflow.models import Variable

    with new_dag("callback", on_success_callback=lambda context: Variable.set("called", context["run_id"])) as dag:
        python("a", lambda: 1)
    result = run_dag(dag, logical_date="2023-05-01")
    assert Variable.get("called") == result.run_id


def test_a_tasks_environment_and_folder_end_with_it(run_dag, new_dag, tmp_path):
    def change():
        os.environ["LEFT_BEHIND"] = "1"
        os.chdir(str(tmp_path))

    before = str(Path.cwd())
    with new_dag("state") as dag:
        python("changes", change) >> python("looks", lambda: [os.environ.get("LEFT_BEHIND"), str(Path.cwd())])
    assert run_dag(dag, logical_date="2023-05-01").xcom("looks") == [None, before]
    assert "AIRFLOW_CTX_DAG_ID" not in os.environ


def test_a_run_of_ten_days_before_is_the_previous_one(run_dag, new_dag):
    with new_dag("history") as dag:
        python("a", lambda prev_data_interval_start_success: [str(prev_data_interval_start_success)])
    run_dag(dag, logical_date="2023-05-01")
    assert run_dag(dag, logical_date="2023-05-11").xcom("a")[0].startswith("2023-05-01")


def test_depends_on_past_that_is_never_met_is_named(run_dag, new_dag):
    with new_dag("past", schedule_interval="@daily") as dag:
        python("a", lambda ds: 1 / (ds != "2023-05-01"), depends_on_past=True)
    assert not run_dag(dag, logical_date="2023-05-01").success
    result = run_dag(dag, logical_date="2023-05-02")
    assert result.states == {"a": None} and "never became ready" in result.tasks["a"].notes[0]


def test_frozen_time_is_what_tasks_see(run_dag, new_dag, frozen_time):
    import pendulum
    from airflow.utils import timezone

    frozen_time("2023-05-01T12:00")
    with new_dag("frozen") as dag:
        python("tells", lambda: [str(datetime.utcnow()), str(timezone.utcnow()), pendulum.now("UTC").isoformat()])
        python("flaky", lambda ti: 1 / (ti.try_number - 1), retries=1)
    result = run_dag(dag)
    assert result.success and result.xcom("tells") == [
        "2023-05-01 12:00:00", "2023-05-01 12:00:00+00:00", "2023-05-01T12:00:00+00:00",
    ]  # fmt: skip


PROJECT = """
import time
from datetime import datetime
from airflow import DAG
from airflow.models import BaseOperator

class Started(BaseOperator):
    def execute(self, context):
        print("started something", flush=True)
        time.sleep(60)

class Killable(Started):
    def on_kill(self):
        print("on_kill was here", flush=True)

def broken():
    where = "in the task"
    raise ValueError("wanted")

with DAG("sleeps", start_date=datetime(2023, 1, 1), schedule_interval=None) as sleeps:
    Started(task_id="sleeps") >> Killable(task_id="after")
with DAG("killable", start_date=datetime(2023, 1, 1), schedule_interval=None) as killable:
    Killable(task_id="sleeps")
with DAG("works", start_date=datetime(2023, 1, 1), schedule_interval=None) as works:
    from airflow.operators.python import PythonOperator
    PythonOperator(task_id="works", python_callable=lambda dag_run: print(dag_run.conf) or dag_run.conf)
with DAG("broken", start_date=datetime(2023, 1, 1), schedule_interval=None) as broken_dag:
    PythonOperator(task_id="broken", python_callable=broken)
"""


@pytest.fixture
def command(tmp_path):
    """command(*words, stdin=None): `python -m mwaa_airflow.dagtest` in a project of its own, begun."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "sleeping.py").write_text(PROJECT)
    (tmp_path / "dags" / "gone.py").write_text("from airflow import DAG\nimport nothing_like_this\n")
    environment = dict(os.environ, MWAA_PROJECT=str(tmp_path), AIRFLOW__CORE__DAGS_FOLDER=str(tmp_path / "dags"))
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src" / "mwaa_airflow"), environment.get("PYTHONPATH", "")])

    def begin(*words):
        return subprocess.Popen(
            [sys.executable, "-m", "mwaa_airflow.dagtest", *words],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            universal_newlines=True,
        )  # fmt: skip

    return begin


@pytest.mark.parametrize(
    ("dag_id", "note"),
    [("sleeps", "Started has no on_kill: what it started, such as a Glue run, goes on as on MWAA"),
     ("killable", "interrupted; its on_kill was called")],
)  # fmt: skip
def test_ctrl_c_ends_the_run_as_airflow_kills_a_task(command, dag_id, note):
    process = command(dag_id)
    assert process.stdout.readline() == "started something\n"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert note in out and "failed" in out.splitlines()[-1]
    assert ("on_kill was here" in out) == (dag_id == "killable")


def test_the_command_succeeds_with_0_and_its_json_is_nothing_but_json(command):
    process = command("works", "--date", "2023-05-01", "--conf", '{"x": 1}', "--json")
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    verdict = json.loads(out)
    assert verdict["state"] == "success" and verdict["tasks"][0]["state"] == "success"
    assert "{'x': 1}" in said, "what the task prints goes to the log"


def test_the_debugger_opens_where_a_task_failed_and_reads_from_the_terminal(command):
    process = command("broken", "--pdb")
    out, _ = process.communicate("p where\nq\n", timeout=60)
    assert "'in the task'" in out
    assert process.returncode == 1 and "ValueError: wanted" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [(["nothing"], "There are: broken, killable, sleeps, works"),
     (["nothing"], "gone.py cannot be read"),
     (["works", "--conf", "{"], "CONF is no JSON"),
     (["works", "--conf", "[1]"], "CONF must be an object"),
     (["works", "--task", "other"], "has no task 'other'; it has: works"),
     (["works", "--date", "someday"], "someday")],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_answered_with_what_would(command, words, said):
    process = command(*words)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in complaint and "Traceback (most recent call last)" not in complaint.split("cannot be read")[0]
