"""Native mode: start, stop, status of all roles."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

import psutil

from mwaa_local import glue_spark, start_steps
from mwaa_local.environments import Installer, stack_environments
from mwaa_local.errors import LocalError, NotReady, PortTaken
from mwaa_local.native.supervisor import Supervisor
from mwaa_local.native.sweep import end_tree, members, sweep
from mwaa_local.ports import is_free, require_free
from mwaa_local.redirection import redirect_aws
from mwaa_local.roles import Role, roles
from mwaa_local.settings import ROOT, Settings
from mwaa_local.stack import Progress, RoleProcess, Worker

SCRIPTS = ROOT / "stack" / "bin"
LOOK_EVERY = 0.05  # seconds between looks at the cheap signs
STATES_AGE = 0.1  # seconds for which an answer of the supervisor counts
LIVING = ("STARTING", "RUNNING")  # of supervisord's names of states
MOST_STARTS = 2  # of a role whose configuration was changed
PATIENCE = 2.0  # seconds for which one health check asks before we look whether the role has ended


def _untold(role: str, state: str) -> None:
    """Nobody watches."""


class NativeStack:
    """All roles of one install, as processes below one supervisor."""

    def __init__(self, settings: Settings, env_id: str) -> None:
        self.settings, self.env_id = settings, env_id
        self.supervisor = Supervisor(settings, env_id)
        self.roles = roles(settings)
        self._cancelled = threading.Event()
        self._asking, self._asked = threading.Lock(), 0.0
        self._kept_states: dict[str, dict[str, object]] = {}

    def is_running(self) -> bool:
        return self.supervisor.is_running()

    def prepare(self) -> None:
        Installer(self.settings).install(stack_environments())
        glue_spark.forget_stale(self.settings)
        glue_spark.install(self.settings, self.settings.spark_versions)
        self.settings.write()
        redirect_aws(self.settings)

    def start(self, progress: Progress) -> None:
        if not self.is_running():
            self.require_ports()
            self._forget_signs()
            self.supervisor.start(self.roles)
        try:
            self._start_in_order(progress)
        except BaseException:
            self._cancelled.set()
            self.stop()
            raise

    def require_ports(self) -> None:
        sweep(self.env_id)
        require_free({r.port.upper(): getattr(self.settings, r.port) for r in self.roles if r.port})
        port = self.settings.statsd_port
        if not is_free(port, socket.SOCK_DGRAM):
            raise PortTaken(
                f"The stack cannot start, for UDP port STATSD_PORT={port} is in use by another program.",
                f"choose another: make up STATSD_PORT={port + 1} (or in .env), or make up PORTS=auto",
            )

    def stop(self) -> list[str]:
        self.supervisor.stop()
        return sweep(self.env_id)

    def delete_state(self) -> None:
        # beside the programs, which stay
        shutil.rmtree(self.settings.mwaa_state / "postgres" / "data", ignore_errors=True)

    def delete_installed(self) -> None:
        """All of it is in the state folder."""

    def leftovers(self) -> list[str]:
        return [] if self.is_running() else [str(p.pid) for p in members(self.env_id)]

    def health(self, name: str, patience: float = 0) -> tuple[bool, str]:
        command = [str(SCRIPTS / "health"), name, str(patience)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=self.environment())
        except subprocess.TimeoutExpired:
            return False, "the health check did not answer within 30 s"
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return done.returncode == 0, said[-1] if said else ""

    def states(self) -> dict[str, dict[str, object]]:
        return self.supervisor.states()

    def processes(self) -> Mapping[str, RoleProcess]:
        return {name: _process(state) for name, state in self.states().items()}

    def start_records(self) -> list[start_steps.Record]:
        return [record for role in self.roles if (record := start_steps.read(self.settings, role.name))]

    def restart_role(self, name: str) -> None:
        self.supervisor.restart_role(name)

    def restart(self, names: Sequence[str]) -> None:
        """Restarts these roles, as far as there are such, and returns when all are healthy. Raises LocalError."""
        wanted = [role for role in self.roles if role.name in names]

        def bring_back(role: Role) -> None:
            self.restart_role(role.name)
            self._wait_until_ready(role, most_starts=MOST_STARTS)

        with ThreadPoolExecutor(len(wanted)) as pool:
            for _ in pool.map(bring_back, wanted):
                pass

    def seed(self) -> int:
        return subprocess.run([str(SCRIPTS / "seed")], env=self.environment()).returncode

    def scale_workers(self, count: int) -> None:
        raise LocalError(
            "Native mode has one Celery worker.", "make up MODE=docker, then make worker SCALE=..., adds workers"
        )

    def a_worker(self) -> Worker:
        pid = self.states().get("worker", {}).get("pid")
        if not pid:
            raise LocalError("No worker runs.", "make status")
        return Worker(str(pid))

    def end_worker(self, worker: Worker, grace: float) -> bool:
        return end_tree(int(worker.id), grace)

    def replace_worker(self, worker: Worker) -> None:
        """The supervisor starts it again by itself."""
        deadline = time.monotonic() + self.settings.up_timeout
        said = ""
        while time.monotonic() < deadline:
            healthy, said = self.health("worker", PATIENCE)
            if healthy:
                return
        what = f"was not healthy after {self.settings.up_timeout} s ({said})"
        raise NotReady("worker", what, self.settings.log("worker"))

    def airflow_command(self, words: Sequence[str], terminal: bool = False) -> list[str]:
        return [str(SCRIPTS / "with-airflow"), *words]

    def environment(self) -> Mapping[str, str]:
        return self.supervisor.environment()

    def log_command(self, service: str | None, follow: bool, lines: int) -> list[str]:
        known = sorted(path.stem for path in self.settings.log_folder.glob("*.log"))
        if service and service not in known:
            hint = ", ".join(known) or "(none yet: make up first)"
            raise LocalError(f"There is no log of {service!r}.", f"one of: {hint}")
        files = [str(self.settings.log(name)) for name in ([service] if service else known)]
        if not files:
            raise LocalError("There are no logs yet.", "make up")
        return ["tail", f"--lines={lines}", *(["--follow=name"] if follow else []), *files]

    def _start_in_order(self, progress: Progress) -> None:
        done: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(len(self.roles)) as pool:
            for role in self.roles:
                before = [done[name] for name in role.after]
                done[role.name] = pool.submit(self._bring_up, role, before, progress)
            finished, _ = wait(done.values(), return_when=FIRST_EXCEPTION)
            failures = [f.exception() for f in finished if f.exception()]
            if failures:
                self._cancelled.set()
                raise failures[0]  # type: ignore[misc]

    def _bring_up(self, role: Role, before: list[Future[None]], progress: Progress) -> None:
        for one in before:
            one.result()
        progress(role.name, "starting")
        self.supervisor.start_role(role.name)
        try:
            self._wait_until_ready(role, progress)
        except BaseException:
            progress(role.name, "failed")
            raise
        progress(role.name, "healthy")

    def _wait_until_ready(self, role: Role, progress: Progress = _untold, most_starts: int = 0) -> None:
        """`most_starts`: after so many starts in vain it is given up; 0: the time decides alone."""
        deadline = time.monotonic() + self.settings.up_timeout
        latest = deadline + start_steps.longest(self.settings)
        said, seen = "", set()
        while time.monotonic() < deadline:
            if self._cancelled.wait(LOOK_EVERY):
                raise LocalError(f"The start of {role.name} was given up.")
            if step := self._step(role):
                deadline = min(time.monotonic() + self.settings.up_timeout, latest)
                progress(role.name, step)
                continue
            if self._has_ended(role):
                return
            seen.add(self._recent_states().get(role.name, {}).get("pid") or 0)
            if most_starts and len(seen - {0}) > most_starts:
                raise NotReady(role.name, f"ended {most_starts} times", self.settings.log(role.name))
            if not role.once and self._shows_sign(role):
                healthy, said = self.health(role.name, PATIENCE)
                if healthy:
                    return
        what = f"was not healthy after {self.settings.up_timeout} s" + (f" ({said})" if said else "")
        raise NotReady(role.name, what, self.settings.log(role.name))

    def _has_ended(self, role: Role) -> bool:
        """True for a one-shot that did its work; raises NotReady for anything that ended otherwise."""
        state = self._recent_states().get(role.name, {})
        name, code = state.get("statename"), state.get("exitstatus")
        if name == "FATAL" or (role.once and name == "EXITED" and code != 0):
            step = "" if role.once else start_steps.running(self.settings, role.name)
            at = f" at the step {step}" if step else ""
            raise NotReady(role.name, f"ended{at} (exit code {code})", self.settings.log(role.name))
        return role.once and name == "EXITED"

    def _step(self, role: Role) -> str:
        """The step before Airflow that takes its time now, in a role that lives."""
        step = "" if role.once else start_steps.running(self.settings, role.name)
        return step if step and self._recent_states().get(role.name, {}).get("statename") in LIVING else ""

    def _recent_states(self) -> dict[str, dict[str, object]]:
        """The states as of a moment ago: one question for all roles that wait, for the cores are needed elsewhere."""
        with self._asking:
            if time.monotonic() - self._asked > STATES_AGE:
                self._kept_states, self._asked = self.states(), time.monotonic()
            return self._kept_states

    def _shows_sign(self, role: Role) -> bool:
        if role.sign_file:
            return (self.settings.mwaa_state / role.sign_file).exists()
        return not role.port or not is_free(getattr(self.settings, role.port))

    def _forget_signs(self) -> None:
        for role in self.roles:
            start_steps.forget(self.settings, role.name)
            if role.sign_file:
                (self.settings.mwaa_state / role.sign_file).unlink(missing_ok=True)


def _process(state: Mapping[str, object]) -> RoleProcess:
    pid = int(str(state.get("pid") or 0))
    up = int(time.time() - int(str(state.get("start") or 0))) if pid else 0
    return RoleProcess(str(state.get("statename", "UNKNOWN")).lower(), pid, up, memory(pid))


def memory(pid: int) -> int:
    """Memory of a process and its descendants in MB: the proportional share (PSS) where the system tells it, else RSS."""
    total = 0
    try:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)] if pid else []:
            used = process.memory_full_info()
            total += getattr(used, "pss", 0) or used.rss
    except psutil.Error:
        pass  # ended while we looked
    return round(total / 1e6)
