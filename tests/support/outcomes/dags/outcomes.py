"""Small DAGs whose outcome depends on Airflow's finer rules. Each is run by the real scheduler (tests/e2e/test_outcomes.py, which
records expected.json) and in one process (tests/dags/test_outcomes_in_process.py)."""

import sys
import time
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.sensors.python import PythonSensor
from airflow.utils.task_group import TaskGroup

SHORT = timedelta(seconds=1)


def case(name, **more):
    """A DAG of its own for one rule, put where Airflow looks for DAGs."""
    options = {"schedule_interval": None, "start_date": datetime(2023, 1, 1), "catchup": False, "tags": ["outcome"]}
    options["default_args"] = {"owner": "tests", "retry_delay": SHORT}
    dag = DAG("outcome_" + name, **dict(options, **more))
    globals()[dag.dag_id] = dag
    return dag


def fail():
    raise ValueError("wanted")


def skip():
    raise AirflowSkipException("wanted")


def fail_for_good():
    raise AirflowFailException("wanted")


def ok(task_id, **more):
    return PythonOperator(task_id=task_id, python_callable=lambda: task_id, **more)


def bad(task_id, **more):
    return PythonOperator(task_id=task_id, python_callable=fail, **more)


def skipped(task_id, **more):
    return PythonOperator(task_id=task_id, python_callable=skip, **more)


def looked(name, times):
    """True from the look number `times` on; counted where every process sees it."""
    looks = int(Variable.get("looks_" + name, 0)) + 1
    Variable.set("looks_" + name, looks)
    return looks >= times


RULES = [
    "all_success", "all_failed", "all_done", "one_success", "one_failed", "none_failed", "none_skipped", "dummy",
    "none_failed_min_one_success",
]  # fmt: skip
for rule in RULES:
    with case("rule_{}_mixed".format(rule)):
        # one after another: which rule decides depends on who ends first
        good, broken = ok("good"), bad("bad", trigger_rule="all_done")
        last = skipped("skipped", trigger_rule="all_done")
        good >> broken >> last
        [good, broken, last] >> ok("after", trigger_rule=rule)
with case("rules_all_good"):
    [ok("a"), ok("b")] >> DummyOperator(task_id="between")
    for rule in RULES:
        [ok("a_" + rule), ok("b_" + rule)] >> ok(rule, trigger_rule=rule)
with case("rules_all_bad"):
    for rule in RULES:
        [bad("a_" + rule), bad("b_" + rule)] >> ok(rule, trigger_rule=rule)
with case("rules_all_skipped"):
    for rule in RULES:
        [skipped("a_" + rule), skipped("b_" + rule)] >> ok(rule, trigger_rule=rule)

with case("upstream_failed_chain"):
    bad("first") >> ok("second") >> DummyOperator(task_id="third") >> ok("last", trigger_rule="all_done")
with case("failure_that_a_leaf_hides"):
    bad("work") >> ok("clean_up", trigger_rule="all_done")

with case("retry_until_it_works"):
    PythonOperator(
        task_id="flaky", retries=3, python_callable=lambda ti: ti.try_number if ti.try_number > 2 else fail()
    ) >> ok("after")
with case("retries_used_up"):
    bad("broken", retries=2) >> ok("after")
with case("fail_exception_has_no_retry"):
    PythonOperator(task_id="broken", retries=2, python_callable=fail_for_good)
with case("exponential_backoff"):
    bad("broken", retries=2, retry_exponential_backoff=True, max_retry_delay=timedelta(seconds=2))
with case("exit_of_the_process"):
    PythonOperator(task_id="exits", python_callable=lambda: sys.exit(3)) >> ok("after")
with case("bash_exit_codes"):
    BashOperator(task_id="skips", bash_command="exit 99")
    BashOperator(task_id="fails", bash_command="exit 1", retries=1)
    BashOperator(task_id="prints", bash_command="echo last line")

with case("branch"):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "left")
    choose >> [ok("left"), ok("right")] >> ok("join", trigger_rule="none_failed_min_one_success")
with case("branch_two_of_three"):
    BranchPythonOperator(task_id="choose", python_callable=lambda: ["one", "two"]) >> [
        ok("one"),
        ok("two"),
        ok("three"),
    ]
with case("branch_past_a_join"):
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "end")
    choose >> ok("detour") >> ok("end", trigger_rule="none_failed_min_one_success")
    choose >> outcome_branch_past_a_join.get_task("end")  # noqa: F821  case() has made it
with case("branch_to_nowhere"):
    BranchPythonOperator(task_id="choose", python_callable=lambda: "missing") >> ok("left")
with case("short_circuit_closed"):
    ShortCircuitOperator(task_id="gate", python_callable=lambda: False) >> ok("a") >> ok("b", trigger_rule="all_done")
with case("short_circuit_open"):
    ShortCircuitOperator(task_id="gate", python_callable=lambda: True) >> ok("a")
with case("skip_spreads"):
    skipped("first") >> ok("second") >> ok("third") >> ok("last", trigger_rule="none_failed")

with case("xcom_arg"):
    source = PythonOperator(task_id="source", python_callable=lambda: {"n": 41})
    PythonOperator(task_id="target", python_callable=lambda given: given["n"] + 1, op_args=[source.output])
with case("taskflow"):

    @task(multiple_outputs=True)
    def several():
        return {"a": 1, "b": [2, 3]}

    @task
    def both(a, b):
        return [a, b]

    made = several()
    both(made["a"], made["b"])
with case("groups"):
    with TaskGroup("outer") as outer:
        with TaskGroup("inner") as inner:
            ok("a") >> bad("b")
        with TaskGroup("other"):
            ok("c")
    inner >> ok("after_inner", trigger_rule="one_failed")
    outer >> ok("after_outer", trigger_rule="all_done")
with case("branch_into_a_group"):
    with TaskGroup("chosen") as chosen:
        ok("x") >> ok("y")
    BranchPythonOperator(task_id="choose", python_callable=lambda: "chosen.x") >> [
        ok("not"),
        chosen.get_child_by_label("x"),
    ]
with case(
    "defaults_and_templates",
    params={"p": "from the DAG"},
    default_args={"owner": "tests", "retries": 1, "params": {"q": 7}},
):
    BashOperator(
        task_id="says",
        bash_command="echo {{ ds }} {{ data_interval_start }} {{ params.p }} {{ params.q }} "
        "{{ dag_run.conf.get('c', 'none') }} {{ ti.try_number }}",
    )
    BashOperator(task_id="overrides", bash_command="echo {{ params.p }}", params={"p": "from the task"}, retries=0)

# A look that comes too soon after the one before can meet the executor's report on that one, and Airflow 2.2.2 fails the task
# ("finished although the task says its queued"); with 10 s it does not.
for mode, interval in (("poke", 1), ("reschedule", 10)):
    with case("sensor_{}_comes_true".format(mode)):
        PythonSensor(
            task_id="waits", mode=mode, poke_interval=interval, python_callable=looked, op_args=["true_" + mode, 3]
        ) >> ok("after")
    with case("sensor_{}_times_out".format(mode)):
        PythonSensor(
            task_id="waits", mode=mode, poke_interval=interval, timeout=2, retries=2, python_callable=lambda: False
        ) >> ok("after")
    with case("sensor_{}_soft_fails".format(mode)):
        PythonSensor(
            task_id="waits", mode=mode, poke_interval=interval, timeout=2, soft_fail=True, python_callable=lambda: False
        ) >> ok("after")
    with case("sensor_{}_breaks".format(mode)):
        PythonSensor(task_id="waits", mode=mode, poke_interval=interval, retries=1, python_callable=fail)

with case("execution_timeout"):
    PythonOperator(
        task_id="slow", retries=1, execution_timeout=timedelta(seconds=1), python_callable=lambda: time.sleep(30)
    )


def push(key):
    return lambda context: context["ti"].xcom_push(key, str(context.get("exception")))


with case("callbacks"):
    calls = {"on_failure_callback": push("failed"), "on_retry_callback": push("retried")}
    bad("broken", retries=1, on_success_callback=push("succeeded"), **calls)
    ok("fine", on_success_callback=push("succeeded"), on_execute_callback=push("executed"), **calls)
    skipped("skips", on_success_callback=push("succeeded"), **calls)
    DummyOperator(task_id="empty", on_success_callback=push("succeeded"))
