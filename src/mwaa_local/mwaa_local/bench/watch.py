"""A save under `make watch`, and the checks of 500 DAG files, each against Airflow itself in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from mwaa_local.bench.bench import Bench, undisturbed
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.sqlite_airflow import seconds_of, sqlite_airflow
from mwaa_local.settings import ROOT

TITLE = "A save under make watch; the static checks"
SAVE_AT_MOST = 0.4
CHECK_AT_MOST = 1 / 1.6
FILES = 500
PATIENCE = 120.0  # seconds for a verdict
DAG = ROOT / "dags" / "impressions.py"
BAG = "from airflow.models import DagBag; import sys; sys.exit(len(DagBag(sys.argv[1], include_examples=False).dags) != {})"
TEXT = """from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("made_{number}", start_date=datetime(2023, 1, 1), schedule_interval="@daily", catchup=False, tags=["made"]) as dag:
    first = PythonOperator(task_id="first", python_callable=print, op_args=["{number}"])
    second = PythonOperator(task_id="second", python_callable=print, op_args=["{{{{ ds }}}}"])
    first >> second
"""


def measure(bench: Bench) -> Report:
    """Saves and `airflow dags list` take turns, then one DagBag and `make check`; the check has no cache."""
    folder = bench.folder / "watch"
    project = _sample_project(folder / "project")
    many = _many(folder / "many")
    airflow = sqlite_airflow(bench, folder)
    saved, listed, checked, bagged = [], [], [], []
    watch = bench.keep(_Watch(bench, project))
    bench.tell("the first verdict")
    watch.next()
    for number in bench.each_round():
        saved.append(watch.save(project / "dags" / DAG.name, number))
        command = [bench.installed.venv_python("airflow").with_name("airflow"), "dags", "list"]
        listed.append(seconds_of(command, airflow | {"AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags")}))
    watch.close()
    for number in bench.each_round():
        bagged.append(
            seconds_of([bench.installed.venv_python("airflow"), "-c", BAG.format(FILES), many / "dags"], airflow)
        )
        own = os.environ | {"MWAA_STATE": str(folder / f"state-{number}"), "MWAA_PROJECT": str(many)}
        checked.append(seconds_of([sys.executable, "-m", "mwaa_local", "check"], own))
    lines = [
        Line("save to verdict, one DAG", "s", tuple(saved), "airflow dags list", tuple(listed), SAVE_AT_MOST),
        Line(f"make check, {FILES} DAG files", "s", tuple(checked), "one DagBag", tuple(bagged), CHECK_AT_MOST),
    ]
    return Report("watch", TITLE, lines, load=bench.load)


class _Watch:
    """The command itself, its output a pipe."""

    def __init__(self, bench: Bench, project: Path) -> None:
        # the environments are those of the checkout, so its state folder is
        environment = os.environ | {"MWAA_STATE": str(bench.installed.mwaa_state), "MWAA_PROJECT": str(project)}
        with (project.parent / "watch.log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mwaa_local", "watch"], env=environment, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._lines: list[tuple[float, bytes]] = []
        self._taken = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> tuple[float, str]:
        """(moment, first line) of the next verdict, which must be a good one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            verdicts = [line for line in self._lines if line[1].startswith((b"passed ", b"FAILED "))]
            if len(verdicts) > self._taken and self._lines[-1][1].strip() == b"":
                moment, text = verdicts[self._taken]
                self._taken += 1
                if not text.startswith(b"passed "):
                    raise RuntimeError(text.decode())
                return moment, text.decode()
            time.sleep(0.005)
        raise RuntimeError(f"no verdict within {PATIENCE:.0f} s")

    def save(self, file: Path, number: int) -> float:
        """Seconds from a save to its verdict."""
        begun = time.time()
        file.write_text(f"{file.read_text()}# round {number}\n")
        return self.next()[0] - begun

    def close(self) -> None:
        if self._process.poll() is None:
            with undisturbed():
                self._process.terminate()
                self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.append((time.time(), line))


def _sample_project(folder: Path) -> Path:
    """The samples, without their tests: the ready-made checks are what every project has."""
    for name in ("dags", "glue"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copyfile(ROOT / "stack" / "seed.yaml", folder / "seed.yaml")
    return folder


def _many(folder: Path) -> Path:
    (folder / "dags").mkdir(parents=True)
    for number in range(FILES):
        (folder / "dags" / f"made_{number}.py").write_text(TEXT.format(number=number))
    return folder
