"""Finds and ends every process of this install, whoever its parent is now.

Every process that the stack starts carries MWAA_ENV_ID, the install's own id, in its environment; children inherit it.
"""

from __future__ import annotations

import os

import psutil

MARK = "MWAA_ENV_ID"
# Set in shells that a person opened with `make shell`: those are theirs, not the stack's.
INTERACTIVE = "MWAA_INTERACTIVE"


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
