"""A whole stack of its own for tests: own state, own free ports, beside whatever `make up` runs.

The installed environments are shared with the checkout's state folder (they are only read); all else is new.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from mwaa_local import secrets
from mwaa_local.airflow import Airflow
from mwaa_local.demo import client
from mwaa_local.native.stack import NativeStack
from mwaa_local.native.sweep import members
from mwaa_local.settings import ROOT, Settings, load

INSTALLED = Path(os.environ.get("MWAA_STATE") or ROOT / ".local")


def poll(question: Any, seconds: float, every: float = 0.3) -> Any:
    """Asks until the answer is true or the time is up; returns the last answer."""
    ask = retry(
        stop=stop_after_delay(seconds),
        wait=wait_fixed(every),
        retry=retry_if_result(lambda answer: not answer),
        retry_error_callback=lambda state: state.outcome.result(),
    )(question)
    return ask()


class StackUnderTest:
    """One stack, driven through the command line as a person drives it."""

    def __init__(self, state: Path, **settings: str) -> None:
        self.state = state
        (state / "postgres").mkdir(parents=True)
        (state / "venvs").symlink_to(INSTALLED / "venvs")
        (state / "postgres" / "programs").symlink_to(INSTALLED / "postgres" / "programs")
        self.environment = os.environ | {"MWAA_STATE": str(state), "PORTS": "auto"} | settings
        self.environment.pop("PYTHONPATH", None)

    def command(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Runs `mwaa-local ...`; output is text."""
        program = [sys.executable, str(ROOT / "stack" / "bin" / "mwaa-local"), *arguments]
        return subprocess.run(program, capture_output=True, text=True, env=self.environment, **more)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `mwaa-local ...` and returns at once."""
        program = [sys.executable, str(ROOT / "stack" / "bin" / "mwaa-local"), *arguments]
        return subprocess.Popen(
            program,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            start_new_session=True,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        done = self.command("up")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    def status(self) -> dict[str, Any]:
        return json.loads(self.command("status", "--json").stdout)

    def wait_until_healthy(self, seconds: float = 120) -> None:
        assert poll(lambda: self.status().get("healthy"), seconds, every=1), self.command("status").stdout

    @property
    def settings(self) -> Settings:
        kept = dict(line.split("=", 1) for line in (self.state / "settings.env").read_text().splitlines())
        return load({name: value.strip("'") for name, value in kept.items()}, Path("/nonexistent"))

    @property
    def env_id(self) -> str:
        return secrets.ensure(self.state)["MWAA_ENV_ID"]

    @property
    def native(self) -> NativeStack:
        return NativeStack(self.settings, self.env_id)

    @property
    def airflow(self) -> Airflow:
        return Airflow(self.native)

    def client(self, service: str) -> Any:
        return client(self.settings, service)

    def processes(self) -> list[psutil.Process]:
        return members(self.env_id)

    def pid(self, role: str) -> int:
        return int(str(self.native.states()[role]["pid"]))

    def trigger(self, dag_id: str, run_id: str, *arguments: str) -> None:
        for command in (("dags", "unpause", dag_id), ("dags", "trigger", dag_id, "--run-id", run_id, *arguments)):
            done = self.airflow.run(*command)
            assert done.returncode == 0, done.stderr

    def run_state(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run as it is now: see mwaa_airflow.observe.run_state."""
        return next(iter(self.airflow.follow(dag_id, run_id)))

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float) -> dict[str, Any] | None:
        """The run when it has ended; None when it has not after so many seconds."""

        def ended() -> dict[str, Any] | None:
            run = self.run_state(dag_id, run_id)
            return run if run["state"] in ("success", "failed") else None

        return poll(ended, seconds)

    def query(self, sql: str, *values: str) -> list[list[Any]]:
        """Rows of Airflow's metadata database."""
        code = "import json, sys; from mwaa_airflow.observe import connect; c = connect().cursor();"
        code += "c.execute(sys.argv[1], sys.argv[2:]); print(json.dumps(c.fetchall(), default=str))"
        command = [self.airflow.python, "-c", code, sql, *values]
        done = subprocess.run(command, capture_output=True, text=True, env=self.airflow.environment(), check=True)
        return json.loads(done.stdout)

    def task_logs(self, dag_id: str) -> str:
        """All task logs of a DAG, for a failing test's report."""
        logs = sorted((self.state / "airflow" / "logs" / dag_id).rglob("*.log"))
        return "\n".join(f"--- {log}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def destroy(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.command("down", timeout=120)
        for process in self.processes():
            with suppress(psutil.Error):
                process.kill()
