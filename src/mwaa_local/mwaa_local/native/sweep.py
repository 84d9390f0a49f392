"""Finds and ends every process of this install, whoever its parent is now.

Every process that the stack starts carries MWAA_ENV_ID, the install's own id, in its environment; children inherit it.
"""

from __future__ import annotations

import os
import time

import psutil

MARK = "MWAA_ENV_ID"
# Set in shells that a person opened with `make shell`: those are theirs, not the stack's.
INTERACTIVE = "MWAA_INTERACTIVE"
LOOK_EVERY = 0.2  # seconds between looks at what a process that is told to end still has below it


def members(env_id: str) -> list[psutil.Process]:
    """The living processes that carry the install's mark, the caller's own left out."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            ours = environment.get(MARK) == env_id and INTERACTIVE not in environment
            if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def sweep(env_id: str, patience: float = 5) -> list[str]:
    """Ends them all: SIGTERM, after `patience` seconds SIGKILL. Returns what was found, as "name (pid)"."""
    found = members(env_id)
    names = [f"{_name(p)} ({p.pid})" for p in found]
    _signal_all(found, "terminate")
    _, stubborn = psutil.wait_procs(found, timeout=patience)
    _signal_all(stubborn, "kill")
    psutil.wait_procs(stubborn, timeout=patience)
    # what was forked while we looked
    for late in members(env_id):
        _signal_all([late], "kill")
    return names


def end_tree(pid: int, grace: float) -> bool:
    """Ends a process and all below it as a container ends: SIGTERM to the first alone, after `grace` seconds (0: at once)
    SIGKILL to all. Returns whether the first had to be killed."""
    try:
        first = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return False
    tree = {first} | _below(first)
    if grace:
        _signal_all([first], "terminate")
    deadline = time.monotonic() + grace
    while _lives(first) and time.monotonic() < deadline:
        tree |= _below(first)
        time.sleep(LOOK_EVERY)
    killed = _lives(first)
    # until none is left, for one that was not killed yet may have started another
    while alive := [process for process in tree if _lives(process)]:
        for process in alive:
            tree |= _below(process)
        _signal_all(list(tree), "kill")
        psutil.wait_procs(alive, timeout=1)
    return killed


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _below(process: psutil.Process) -> set[psutil.Process]:
    try:
        return set(process.children(recursive=True))
    except psutil.Error:
        return set()


def _signal_all(processes: list[psutil.Process], method: str) -> None:
    for process in processes:
        try:
            getattr(process, method)()
        except psutil.Error:
            continue


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return "process"
