"""What a stack uses when nothing is to do: memory and CPU of each role's processes."""

from __future__ import annotations

import time

import psutil

from mwaa_local.bench import dag
from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Report, Usage
from mwaa_local.bench.stage import OwnStack, cpu_seconds
from mwaa_local.native.sweep import members

TITLE = "Memory and idle CPU, after a first DAG run"
EXECUTORS = ("celery", "local")
WINDOW = 12.0  # seconds of idling for each value of CPU
SETTLE = 15.0  # seconds before the first window


def measure(bench: Bench) -> Report:
    """A fresh stack for each executor, one at a time: its sample DAG once, then idle windows."""
    bench.release_shared_stack()
    usages = []
    for executor in EXECUTORS:
        with bench.stack(executor=executor) as stack:
            bench.tell(f"starting a stack with executor {executor}")
            stack.up()
            bench.tell("running the sample DAG once")
            dag.warm_up(dag.Ours(stack))
            time.sleep(SETTLE)
            usages += _of_stack(bench, stack, executor)
    return Report("memory", TITLE, usages=usages, load=bench.load)


def _of_stack(bench: Bench, stack: OwnStack, executor: str) -> list[Usage]:
    megabytes: dict[str, list[float]] = {}
    percent: dict[str, list[float]] = {}
    for _ in bench.each_round():
        before = {role: cpu_seconds(processes) for role, processes in by_role(stack).items()}
        begun = time.monotonic()
        time.sleep(WINDOW)
        roles = by_role(stack)
        seconds = time.monotonic() - begun
        for role, processes in roles.items():
            used = max(0.0, cpu_seconds(processes) - before.get(role, 0.0))
            percent.setdefault(role, []).append(100 * used / seconds)
            megabytes.setdefault(role, []).append(sum(pss(process) for process in processes) / 1e6)
    return [Usage(role, executor, tuple(megabytes[role]), tuple(percent[role])) for role in megabytes]


def by_role(stack: OwnStack) -> dict[str, list[psutil.Process]]:
    """Every process of the stack under its role; the supervisor itself, and "other" for what has left its parent."""
    pids = {str(info["pid"]): name for name, info in stack.native.states().items() if info["pid"]}
    supervisor = stack.native.supervisor.process()
    roles: dict[str, list[psutil.Process]] = {"supervisor": [supervisor] if supervisor else []}
    placed = {supervisor.pid} if supervisor else set()
    for pid, name in sorted(pids.items(), key=lambda item: item[1]):
        root = psutil.Process(int(pid))
        roles[name] = [root, *root.children(recursive=True)]
        placed |= {process.pid for process in roles[name]}
    other = [process for process in members(stack.secrets["MWAA_ENV_ID"]) if process.pid not in placed]
    return roles | ({"other": other} if other else {})


def pss(process: psutil.Process) -> float:
    """Bytes: PSS (shared pages divided among their users) where the system knows it, else what is the process's own."""
    try:
        full = process.memory_full_info()
        return float(getattr(full, "pss", full.uss))
    except psutil.Error:
        return 0.0
