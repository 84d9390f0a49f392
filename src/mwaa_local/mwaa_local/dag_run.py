"""`make run`: one DAG in one process, in Airflow's environment; see mwaa_airflow.dagtest, which does it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from mwaa_local.airflow import Airflow
from mwaa_local.aws_alone import aws_alone
from mwaa_local.settings import load
from mwaa_local.stack import last_started

OWN_CLEAN_UP = 5.0  # seconds for a run that has got the terminal's Ctrl-C itself


def run(words: list[str]) -> int:
    """Runs `mwaa_airflow.dagtest <words>` against the stack that runs, else against LocalStack alone; returns its exit code."""
    stack = last_started()
    if stack.is_running():
        return _follow(Airflow(stack), words)
    with aws_alone(load()) as alone:
        return _follow(Airflow(alone), words)


def _follow(airflow: Airflow, words: list[str]) -> int:
    """The terminal is the run's: breakpoints read from it."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    command = airflow.command("python", "-m", "mwaa_airflow.dagtest", *words, terminal=terminal)
    process = subprocess.Popen(command, env=airflow.environment())
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(OWN_CLEAN_UP)
        except subprocess.TimeoutExpired:
            # somebody has signalled this process only
            os.kill(process.pid, signal.SIGINT)
        return process.wait()
