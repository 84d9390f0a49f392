"""A whole stack of its own for tests: own state, own free ports, beside whatever `make up` runs.

The installed environments are shared with the checkout's state folder (they are only read); all else is new.
"""

from __future__ import annotations

import json
import os
import re
import signal
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
from mwaa_local.docker import keeper
from mwaa_local.docker.stack import DockerStack
from mwaa_local.native.stack import NativeStack
from mwaa_local.native.sweep import members
from mwaa_local.settings import ROOT, Settings, load
from mwaa_local.stack import Stack, stack_for

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
        mode = os.environ.get("MODE") or "native"
        self.environment = os.environ | {"MWAA_STATE": str(state), "PORTS": "auto", "MODE": mode} | settings
        self.environment.pop("PYTHONPATH", None)
        self._env_ids: set[str] = set()

    def command(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Runs `mwaa-local ...`; output is text."""
        self.remember()
        program = [sys.executable, str(ROOT / "stack" / "bin" / "mwaa-local"), *arguments]
        return subprocess.run(program, capture_output=True, text=True, env=self.environment, **more)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `mwaa-local ...` and returns at once."""
        self.remember()
        program = [sys.executable, str(ROOT / "stack" / "bin" / "mwaa-local"), *arguments]
        return subprocess.Popen(
            program,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            start_new_session=True,
        )

    def remember(self) -> None:
        """Notes the install's id while it is there, to know afterwards what was its."""
        if self.state.is_dir():
            _ = self.env_id

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
        file = self.state / "settings.env"
        lines = file.read_text().splitlines() if file.is_file() else [f"MWAA_STATE={self.state}", f"MODE={self.mode}"]
        kept = dict(line.split("=", 1) for line in lines)
        return load({name: value.strip("'") for name, value in kept.items()}, Path("/nonexistent"))

    @property
    def env_id(self) -> str:
        """The id of this install; `reset` deletes it with all else, and the next start makes another."""
        found = secrets.ensure(self.state)["MWAA_ENV_ID"]
        self._env_ids.add(found)
        return found

    @property
    def mode(self) -> str:
        return self.environment["MODE"]

    @property
    def running(self) -> Stack:
        """The stack as the command line sees it."""
        return stack_for(self.settings, self.env_id)

    @property
    def native(self) -> NativeStack:
        return NativeStack(self.settings, self.env_id)

    @property
    def docker(self) -> DockerStack:
        return DockerStack(self.settings, self.env_id)

    @property
    def in_docker(self) -> bool:
        return self.mode == "docker"

    @property
    def airflow(self) -> Airflow:
        return Airflow(self.running)

    def client(self, service: str) -> Any:
        return client(self.settings, service)

    def what_runs(self) -> list[str]:
        """Everything of this install that is alive: processes of the host, and containers."""
        if not self.in_docker:
            return [f"process {p.pid}" for env_id in self._env_ids for p in members(env_id)]
        stacks = [DockerStack(self.settings, env_id) for env_id in self._env_ids]
        processes = [f"process {p.pid}" for stack in stacks for p in keeper.processes(stack.project)]
        return processes + [f"container {c.service}" for stack in stacks for c in stack.containers()]

    def listening(self) -> set[tuple[str, int]]:
        """(address, port) of every socket on the host that belongs to this install."""
        if self.in_docker:
            listed = self.docker.engine.run("ps", "--filter", f"name={self.docker.project}", "--format", "{{.Ports}}")
            return {(ip, int(port)) for ip, port in re.findall(r"(\S+):(\d+)->", listed.stdout)}
        found: set[tuple[str, int]] = set()
        for process in members(self.env_id):
            with suppress(psutil.Error):
                found |= {c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
        return {(address[0], address[1]) for address in found}

    def has_begun(self, role: str) -> bool:
        """Whether the role's process or container has been started."""
        if not (self.state / "settings.env").exists():
            return False
        return bool(self.pid(role))

    def pid(self, role: str) -> int:
        """The role's process, or its container's first one, as the host numbers it; 0 if there is none now."""
        if not self.in_docker:
            return int(str(self.native.states().get(role, {}).get("pid") or 0))
        found = [c.id for c in self.docker.containers() if c.service == role]
        shown = self.docker.engine.run("inspect", "--format", "{{.State.Pid}}", *found).stdout if found else ""
        return int(shown.split()[0]) if shown.split() else 0

    def environment_of(self, role: str) -> list[str]:
        """NAME=value of all variables with which the role runs now."""
        if not self.in_docker:
            return [f"{name}={value}" for name, value in psutil.Process(self.pid(role)).environ().items()]
        [container] = [c for c in self.docker.containers() if c.service == role]
        show = f"cat /proc/$(cat /var/lib/mwaa-local/run/{role}.pid)/environ"
        return self.docker.engine.run("exec", container.id, "sh", "-c", show).stdout.split("\0")

    def kill(self, role: str) -> None:
        """SIGKILL; in Docker by `docker kill`."""
        if self.in_docker:
            [container] = [c for c in self.docker.containers() if c.service == role]
            done = self.docker.engine.run("kill", container.id)
            assert done.returncode == 0, done.stderr
        else:
            pid = self.pid(role)
            assert pid, f"{role} does not run"
            os.kill(pid, signal.SIGKILL)

    def read(self, pattern: str) -> str:
        """The files that match a shell pattern, in which variables of Airflow's environment may stand."""
        script = f'for file in {pattern}; do [ ! -f "$file" ] || {{ echo "--- $file"; cat "$file"; }}; done'
        done = subprocess.run(
            self.airflow.command("bash", "-c", "shopt -s globstar; " + script),
            capture_output=True, text=True, env=self.airflow.environment(),
        )  # fmt: skip
        return done.stdout

    def trigger(self, dag_id: str, run_id: str, *arguments: str) -> None:
        """Once the DAG is known: a stack is healthy before Airflow has read all files."""
        self.airflow.await_dag(dag_id)
        done = self.airflow.run("dags", "unpause", dag_id)
        assert done.returncode == 0, done.stderr
        done = self.airflow.run("dags", "trigger", dag_id, "--run-id", run_id, *arguments)
        assert done.returncode == 0, done.stderr

    def run_state(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run as it is now: see mwaa_airflow.observe.run_state."""
        return self.airflow.run_state(dag_id, run_id)

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
        command = self.airflow.command("python", "-c", code, sql, *values)
        done = subprocess.run(command, capture_output=True, text=True, env=self.airflow.environment(), check=True)
        return json.loads(done.stdout)

    def task_logs(self, dag_id: str) -> str:
        """All task logs of a DAG, for a failing test's report."""
        return self.read(f"$AIRFLOW_HOME/logs/{dag_id}/**/*.log")

    def refused_calls(self) -> list[str]:
        """The lines of the guard's log: calls to real AWS that were refused."""
        return [line for line in self.read("$AWS_GUARD_LOG").splitlines() if line.startswith("{")]

    def destroy(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            # containers' state lies in volumes; that of native mode in a folder that pytest deletes, after a look at it
            self.command(*(["reset", "--yes"] if self.in_docker else ["down"]), timeout=120)
        for process in [] if self.in_docker else members(self.env_id):
            with suppress(psutil.Error):
                process.kill()
