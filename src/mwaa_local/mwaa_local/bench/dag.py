"""The sample DAG `impressions`: what Airflow adds to its jobs' own run time, against stock Airflow's executors."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from subprocess import CompletedProcess
from typing import Any, Protocol

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.stage import Database
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT

TITLE = "DAG impressions, trigger to success"
DAG_ID = "impressions"
LONGEST_RUN = 300.0  # seconds
LOOK_EVERY = 0.5  # seconds; the times themselves are the database's


class AirflowUnderTest(Protocol):
    """OwnStack (through Airflow) and StockAirflow: a command line and a database."""

    def run(self, *arguments: str) -> CompletedProcess[str]: ...

    @property
    def database(self) -> Database: ...


@dataclass(frozen=True)
class Ours:
    """The stack under the same two names as StockAirflow."""

    stack: Any

    def run(self, *arguments: str) -> CompletedProcess[str]:
        done: CompletedProcess[str] = self.stack.airflow.run(*arguments)
        return done

    @property
    def database(self) -> Database:
        database: Database = self.stack.database
        return database


@dataclass(frozen=True)
class Spent:
    """Seconds of one DAG run: from its trigger to its success, inside its tasks, inside its Glue jobs."""

    whole: float
    in_tasks: float
    in_jobs: float

    @property
    def without_jobs(self) -> float:
        return self.whole - self.in_jobs

    @property
    def between_tasks(self) -> float:
        return self.whole - self.in_tasks


def measure(bench: Bench) -> Report:
    """All three stand by all the time, on one Glue endpoint; their runs take turns."""
    stack = bench.shared_stack()
    glue = stack.client("glue")
    with (
        bench.stock("LocalExecutor", stack.settings) as local,
        bench.stock("SequentialExecutor", stack.settings) as one,
    ):
        under_test: dict[str, AirflowUnderTest] = {"ours": Ours(stack), "local": local, "sequential": one}
        for stock in (local, one):
            stock.start_scheduler()
        for name, airflow in under_test.items():
            bench.tell(f"warming up: {name}")
            warm_up(airflow)
        spent: dict[str, list[Spent]] = {name: [] for name in under_test}
        for _ in bench.each_round():
            for name, airflow in under_test.items():
                spent[name].append(_run(airflow, glue))
    return Report("dag", TITLE, _lines(spent), load=bench.load)


def _lines(spent: dict[str, list[Spent]]) -> list[Line]:
    lines = []
    for title, attribute in (
        ("Celery on SQS, minus the jobs' own time", "without_jobs"),
        ("  of that outside of tasks (scheduling, queues)", "between_tasks"),
    ):
        values = {name: tuple(getattr(one, attribute) for one in runs) for name, runs in spent.items()}
        for name, baseline in (("local", "stock LocalExecutor"), ("sequential", "stock SequentialExecutor")):
            lines.append(Line(title, "s", values["ours"], baseline, values[name]))
    lines.append(Line("  the jobs' own time, Celery on SQS", "s", tuple(one.in_jobs for one in spent["ours"])))
    return lines


def warm_up(airflow: AirflowUnderTest) -> None:
    """Waits until the scheduler knows the DAG; lets the run of its schedule go by, which unpausing brings about."""
    known = "SELECT 1 FROM serialized_dag WHERE dag_id = :'dag'"
    until(lambda: airflow.database.rows(known, dag=DAG_ID), "aware of the sample DAG")
    run_airflow(airflow, "dags", "unpause", DAG_ID)
    ended = "SELECT 1 FROM dag_run WHERE dag_id = :'dag' AND run_type = 'scheduled' AND end_date IS NOT NULL"
    until(lambda: airflow.database.rows(ended, dag=DAG_ID), "through with its scheduled run")


def _run(airflow: AirflowUnderTest, glue: Any) -> Spent:
    """Triggers a run for the first day of the sample data and waits for its success. Raises LocalError."""
    truth = json.loads((ROOT / "glue" / "data" / "truth.json").read_text())
    now = datetime.now(timezone.utc)
    day = date.fromisoformat(min(truth)) + timedelta(days=1)
    run_id = f"bench__{now:%Y%m%dT%H%M%S%f}"
    logical_date = datetime.combine(day, now.time(), timezone.utc).isoformat()
    run_airflow(airflow, "dags", "trigger", DAG_ID, "--run-id", run_id, "--exec-date", logical_date)
    ended = "SELECT state, extract(epoch FROM end_date - queued_at) FROM dag_run WHERE run_id = :'run' AND end_date IS NOT NULL"
    state, whole = until(lambda: airflow.database.rows(ended, run=run_id), f"through with {run_id}")[0]
    if state != "success":
        raise LocalError(f"The run {run_id} of {DAG_ID} ended {state}.", "make demo shows what is wrong")
    spent = "SELECT sum(extract(epoch FROM end_date - start_date)) FROM task_instance WHERE run_id = :'run'"
    in_tasks = airflow.database.rows(spent, run=run_id)[0][0]
    return Spent(float(whole), float(in_tasks), sum(_job_seconds(airflow, glue, run_id)))


def _job_seconds(airflow: AirflowUnderTest, glue: Any, run_id: str) -> list[float]:
    """StartedOn to CompletedOn of each Glue run that Airflow started; ExecutionTime is whole seconds."""
    rows = airflow.database.rows(
        "SELECT x.task_id, convert_from(x.value, 'UTF8') FROM xcom x JOIN dag_run r USING (dag_id, execution_date)"
        " WHERE r.run_id = :'run' AND x.key = 'return_value' AND x.task_id LIKE '%.run_glue_job'",
        run=run_id,
    )
    runs = [glue.get_job_run(JobName=task.split(".")[0], RunId=json.loads(value))["JobRun"] for task, value in rows]
    return [(run["CompletedOn"] - run["StartedOn"]).total_seconds() for run in runs]


def run_airflow(airflow: AirflowUnderTest, *arguments: str) -> None:
    done = airflow.run(*arguments)
    if done.returncode:
        raise LocalError(f"`airflow {' '.join(arguments)}` failed:\n{done.stderr.strip() or done.stdout.strip()}")


def until(rows: Any, what: str) -> list[list[str]]:
    give_up = time.monotonic() + LONGEST_RUN
    while time.monotonic() < give_up:
        found: list[list[str]] = rows()
        if found:
            return found
        time.sleep(LOOK_EVERY)
    raise LocalError(f"Airflow was not {what} after {LONGEST_RUN:.0f} s.")
