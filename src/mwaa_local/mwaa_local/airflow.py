"""Airflow's side, asked through its own interpreter: environment, command line, and what its database says."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from mwaa_local.native.stack import NativeStack
from mwaa_local.settings import ROOT


class Airflow:
    """The Airflow of a running stack."""

    def __init__(self, stack: NativeStack) -> None:
        self.stack = stack

    @cached_property
    def python(self) -> str:
        """Airflow's interpreter, with the user's requirements where there are any."""
        return self.environment()["AIRFLOW_PYTHON"]

    def environment(self) -> dict[str, str]:
        """What a role of Airflow sees, evaluated by the shell, as it is for the roles themselves."""
        script = f". {shlex.quote(str(ROOT / 'stack' / 'bin' / 'environment'))} && env -0"
        inherited = dict(self.stack.supervisor.environment()) | {"MWAA_INTERACTIVE": "1"}
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env=inherited)
        pairs = (item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
        found = {name: value for name, value in pairs if name != "_"}
        return found | {"PATH": f"{Path(found['AIRFLOW_PYTHON']).parent}:{found['PATH']}"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Airflow's command line: run("dags", "trigger", "impressions")."""
        command = [self.python, "-m", "airflow", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=self.environment())

    def import_errors(self) -> list[dict[str, str]]:
        return list(self._observe("import-errors"))

    def xcoms(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return list(self._observe("xcoms", dag_id, run_id))

    def follow(self, dag_id: str, run_id: str) -> Iterator[dict[str, Any]]:
        """The run's state at each change, until it has ended: see mwaa_airflow.observe.run_state."""
        return self._observe("follow", dag_id, run_id)

    def _observe(self, *arguments: str) -> Iterator[dict[str, Any]]:
        command = [self.python, "-m", "mwaa_airflow.observe", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.environment())
        try:
            assert process.stdout
            for line in process.stdout:
                yield json.loads(line)
            if process.wait():
                raise RuntimeError(f"{command} ended with exit code {process.returncode}")
        finally:
            process.kill()
            process.wait()
