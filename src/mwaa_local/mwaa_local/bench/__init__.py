"""`make bench`: what the stack costs, each figure with a named baseline measured in the same run.

figures       values, medians, ratios, verdicts, tables
stage         stacks of their own to measure, and how they are ended
stock         Airflow without anything of ours, the baseline of start and dag
bench         what a measurement is given
sqlite_airflow  Airflow's own commands without anything of ours, the baseline of watch and dag_run
start job get_job_run glue_load dag cli task_latency memory spark watch dag_run docker     the measurements

Baselines and measured things take turns, so that what else the machine does hits both; the median of the rounds counts.
Everything runs in state folders and on ports of its own, beside a running stack, and is ended even on Ctrl-C.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import psutil

from mwaa_local.bench import (
    cli,
    dag,
    dag_run,
    docker,
    get_job_run,
    glue_load,
    job,
    memory,
    spark,
    start,
    task_latency,
    watch,
)
from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import ENOUGH_ROUNDS, Load, Report, lines_table, usages_table
from mwaa_local.bench.stage import clear
from mwaa_local.console import err, out
from mwaa_local.docker.engine import Engine
from mwaa_local.environments import Installer, bench_environments, stack_environments
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings
from mwaa_local.versions import versions

MEASUREMENTS: dict[str, Callable[[Bench], Report]] = {
    "start": start.measure,
    "job": job.measure,
    "get-job-run": get_job_run.measure,
    "glue-load": glue_load.measure,
    "dag": dag.measure,
    "cli": cli.measure,
    "task-latency": task_latency.measure,
    "memory": memory.measure,
    "spark": spark.measure,
    "watch": watch.measure,
    "dag-run": dag_run.measure,
    "docker": docker.measure,
}


def run(settings: Settings, only: str, rounds: int) -> int:
    """Measures (all, or what `only` names, with commas) and prints a table of each; returns 0 only if no target is missed.

    All values go to <state>/bench/<timestamp>.json. Raises LocalError for a name that does not exist.
    """
    chosen = choose(only)
    if "docker" in chosen and not Engine().answers():
        if only:
            Engine().require()
        err.print("docker: left out, for no Docker engine answers here")
        chosen.remove("docker")
    if rounds < 1:
        raise LocalError(f"{rounds} rounds measure nothing.", f"ROUNDS={ENOUGH_ROUNDS}, or more")
    Installer(settings).install([*stack_environments(), *(bench_environments() if "get-job-run" in chosen else [])])
    folder = settings.mwaa_state / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    reports: list[Report] = []
    with _only_one(folder), _scratch(folder / "work") as work, _bench(settings, work, rounds) as bench:
        for name in chosen:
            reports.append(_measure(bench, name))
            _show(reports[-1])
            kept_in = _keep(folder, reports, rounds)
    out.print(f"\n{machine()}, median of {rounds} rounds (smallest to largest); all values: {kept_in}")
    if rounds < ENOUGH_ROUNDS:
        out.print(f"[yellow]A quick look: fewer than {ENOUGH_ROUNDS} rounds.[/]")
    missed = [line.name for report in reports for line in report.missed]
    if missed:
        out.print(f"[red]Not met:[/] {'; '.join(missed)}")
    return 1 if missed else 0


def choose(only: str) -> list[str]:
    """The measurements named, in the order in which they are made; all for "". Raises LocalError."""
    names = [name.strip() for name in only.split(",") if name.strip()] or list(MEASUREMENTS)
    for name in names:
        if name not in MEASUREMENTS:
            raise LocalError(f"There is no measurement {name!r}.", f"one of: {', '.join(MEASUREMENTS)}")
    return [name for name in MEASUREMENTS if name in names]


def machine() -> str:
    """For example "2 cores, 8.2 GB, Linux 6.1 x86_64"."""
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    return f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.1f} GB, {system}"


def _measure(bench: Bench, name: str) -> Report:
    bench.load = Load()
    with err.status(f"{name} ...") as status:

        def tell(text: str) -> None:
            status.update(f"{name}: {text}")
            if not err.is_terminal:
                err.print(f"{name}: {text}")

        bench.tell = tell
        return MEASUREMENTS[name](bench)


def _show(report: Report) -> None:
    out.print()
    out.print(usages_table(report) if report.usages else lines_table(report))


def _keep(folder: Path, reports: list[Report], rounds: int) -> Path:
    """Writes what has been measured up to now; returns the file."""
    path = folder / f"{_started():%Y%m%dT%H%M%SZ}.json"
    document = {
        "machine": machine(),
        "versions": versions(),
        "rounds": rounds,
        "reports": [report.as_json() for report in reports],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def _started() -> datetime:
    return datetime.fromtimestamp(psutil.Process().create_time(), timezone.utc)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two benchmarks at once would measure each other."""
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError("Another `make bench` of this checkout is at work.", "wait for it, or end it") from None
        yield


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Space for stacks; also ends what a killed benchmark left there."""
    clear(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _bench(settings: Settings, folder: Path, rounds: int) -> Iterator[Bench]:
    bench = Bench(settings, folder, rounds, lambda text: None)
    try:
        yield bench
    finally:
        bench.close()
