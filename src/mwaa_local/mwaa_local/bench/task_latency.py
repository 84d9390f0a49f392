"""Tasks that do nothing: what Celery on SQS costs a task, against the same stack with the LocalExecutor."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.dag import Ours, run_airflow, until
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.stage import OwnStack
from mwaa_local.errors import LocalError

TITLE = "Five tasks in a row that do nothing"
DAG_ID = "nothing_five_times"
DAG = """
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("nothing_five_times", schedule_interval=None, start_date=datetime(2023, 1, 1)) as dag:
    tasks = [PythonOperator(task_id="task_%d" % n, python_callable=lambda: None) for n in range(5)]
    for before, after in zip(tasks, tasks[1:]):
        before >> after
"""


def measure(bench: Bench) -> Report:
    """Two stacks stand by, which differ in their executor alone; their runs take turns."""
    project = _project(bench.folder / "task-latency")
    with (
        bench.stack(executor="celery", mwaa_project=project) as celery,
        bench.stack(executor="local", mwaa_project=project) as local,
    ):
        stacks = {"celery": celery, "local": local}
        for name, stack in stacks.items():
            bench.tell(f"starting a stack with EXECUTOR={name}")
            stack.up()
            _warm_up(stack)
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in stacks}
        for _ in bench.each_round():
            for name, stack in stacks.items():
                spent[name].append(_run(stack))
    return Report("task-latency", TITLE, _lines(spent), load=bench.load)


def _project(folder: Path) -> Path:
    (folder / "dags").mkdir(parents=True)
    (folder / "dags" / f"{DAG_ID}.py").write_text(DAG)
    return folder


def _warm_up(stack: OwnStack) -> None:
    """Until the scheduler knows the DAG, and once through it."""
    known = "SELECT 1 FROM serialized_dag WHERE dag_id = :'dag'"
    until(lambda: stack.database.rows(known, dag=DAG_ID), "aware of the DAG")
    run_airflow(Ours(stack), "dags", "unpause", DAG_ID)
    _run(stack)


def _run(stack: OwnStack) -> tuple[float, float]:
    """Seconds of one run: trigger to success; of that from `queued` to `running`, mean of the tasks. Raises LocalError."""
    run_id = f"bench__{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}"
    run_airflow(Ours(stack), "dags", "trigger", DAG_ID, "--run-id", run_id)
    ended = "SELECT state, extract(epoch FROM end_date - queued_at) FROM dag_run WHERE run_id = :'run' AND end_date IS NOT NULL"
    state, whole = until(lambda: stack.database.rows(ended, run=run_id), f"through with {run_id}")[0]
    if state != "success":
        raise LocalError(f"The run {run_id} of {DAG_ID} ended {state}.", "make bench ONLY=task-latency, once more")
    waited = "SELECT avg(extract(epoch FROM start_date - queued_dttm)) FROM task_instance WHERE run_id = :'run'"
    return float(whole), float(stack.database.rows(waited, run=run_id)[0][0])


def _lines(spent: dict[str, list[tuple[float, float]]]) -> list[Line]:
    def values(name: str, position: int) -> tuple[float, ...]:
        return tuple(one[position] for one in spent[name])

    titles: list[Any] = ["Celery on SQS, trigger to success", "  a task, from queued to running"]
    return [
        Line(title, "s", values("celery", position), "LocalExecutor", values("local", position))
        for position, title in enumerate(titles)
    ]
