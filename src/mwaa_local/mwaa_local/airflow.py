"""Airflow's side, asked through its own interpreter: environment, command line, and what its database says."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from mwaa_local.errors import LocalError
from mwaa_local.stack import Stack


class Airflow:
    """The Airflow of a running stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def command(self, *words: str, terminal: bool = False) -> list[str]:
        """The command line that runs `words` in Airflow's environment, as the roles themselves see it."""
        return self.stack.airflow_command(words, terminal)

    def environment(self) -> dict[str, str]:
        """The environment to start such a command line with; it is not one of the stack's processes."""
        return dict(self.stack.environment()) | {"MWAA_INTERACTIVE": "1"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Airflow's command line: run("dags", "trigger", "impressions")."""
        command = self.command("airflow", *arguments)
        return subprocess.run(command, capture_output=True, text=True, env=self.environment())

    def import_errors(self) -> list[dict[str, str]]:
        return list(self._observe("import-errors"))

    def await_dag(self, dag_id: str) -> None:
        """Returns when Airflow has read the DAG: a stack that has just started reads its files for the first time, and a slow
        machine takes its time for it. Raises LocalError with the file's import error, or after UP_TIMEOUT."""
        patience = self.stack.settings.up_timeout
        found = next(iter(self._observe("await-dag", dag_id, str(patience))))
        if found["stacktrace"]:
            why = found["stacktrace"].strip().splitlines()[-1]
            raise LocalError(f"Airflow cannot read {dag_id}.py: {why}", "correct the file; make status has the line")
        if not found["known"]:
            raise LocalError(
                f"Airflow has no DAG {dag_id}, after {patience} s.",
                "make status; make logs SERVICE=scheduler; on a slow machine UP_TIMEOUT=600",
            )

    def xcoms(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return list(self._observe("xcoms", dag_id, run_id))

    def run_state(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run as it is now: see mwaa_airflow.observe.run_state."""
        return next(iter(self._observe("state", dag_id, run_id)))

    def follow(self, dag_id: str, run_id: str) -> Iterator[dict[str, Any]]:
        """The run's state at each change, until it has ended: see mwaa_airflow.observe.run_state."""
        return self._observe("follow", dag_id, run_id)

    def tasks(self) -> Iterator[dict[str, Any]]:
        """What is queued and running, at each change, for as long as somebody asks: see mwaa_airflow.observe.tasks."""
        return self._observe("tasks")

    def _observe(self, *arguments: str) -> Iterator[dict[str, Any]]:
        command = self.command("python", "-m", "mwaa_airflow.observe", *arguments)
        # It ends when its standard input does, also in a container, where a signal to `docker exec` does not reach it.
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment()
        ) as process:
            assert process.stdout
            try:
                for line in process.stdout:
                    yield json.loads(line)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise RuntimeError(f"{command} ended with exit code {process.returncode}")
