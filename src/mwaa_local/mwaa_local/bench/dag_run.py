"""What a task costs beside its own work in a run in one process (`make run`, `run_dag`), against `airflow dags test`."""

from __future__ import annotations

import os
from pathlib import Path

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.sqlite_airflow import seconds_of, sqlite_airflow
from mwaa_local.settings import ROOT

TITLE = "A task of a run in one process"
AT_MOST = 0.1
LONG, SHORT = 41, 3  # tasks: the chain for us, and that for `airflow dags test`, of which a task takes seconds
DATE = "2023-05-01"
TEXT = """from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

for tasks in (1, {short}, {long}):
    with DAG("chain_%d" % tasks, start_date=datetime(2023, 1, 1), schedule_interval=None) as dag:
        last = None
        for number in range(tasks):
            task = PythonOperator(task_id="task_%d" % number, python_callable=lambda: None)
            if last:
                last >> task
            last = task
    globals()[dag.dag_id] = dag
"""


def measure(bench: Bench) -> Report:
    """A chain of tasks that do nothing; what a chain of one task takes, and with it each command's start, is taken off."""
    folder = bench.folder / "dag-run"
    (folder / "dags").mkdir(parents=True)
    (folder / "dags" / "chains.py").write_text(TEXT.format(short=SHORT, long=LONG))
    ours, theirs = _Ours(bench, folder), _Theirs(bench, folder)
    bench.tell("each once, for what is only done the first time")
    for each in (ours, theirs):
        each.seconds(1)
    own, baseline = [], []
    for _ in bench.each_round():
        own.append(1000 * (ours.seconds(LONG) - ours.seconds(1)) / (LONG - 1))
        baseline.append(1000 * (theirs.seconds(SHORT) - theirs.seconds(1)) / (SHORT - 1))
    line = Line("a task that does nothing", "ms", tuple(own), "airflow dags test", tuple(baseline), AT_MOST)
    return Report("dag-run", TITLE, [line], load=bench.load)


class _Ours:
    """`python -m mwaa_airflow.dagtest`, as `make run` starts it in Airflow's environment."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self._python = bench.installed.venv_python("airflow")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "PYTHON"))}
        self._environment = kept | {
            "PYTHONPATH": str(ROOT / "src" / "mwaa_airflow"),
            "MWAA_STATE": str(folder / "state"),
            "MWAA_PROJECT": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        }
        (folder / "state").mkdir()

    def seconds(self, tasks: int) -> float:
        command = [self._python, "-m", "mwaa_airflow.dagtest", f"chain_{tasks}", "--date", DATE]
        return seconds_of(command, self._environment)


class _Theirs:
    """`airflow dags test`, on an SQLite database with Airflow's defaults."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self._airflow = bench.installed.venv_python("airflow").with_name("airflow")
        self._environment = sqlite_airflow(bench, folder) | {"AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags")}

    def seconds(self, tasks: int) -> float:
        return seconds_of([self._airflow, "dags", "test", f"chain_{tasks}", DATE], self._environment)
