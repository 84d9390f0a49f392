"""What a stack is, whichever way it runs: native (processes below a supervisor) or docker (containers of Compose)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mwaa_local import secrets
from mwaa_local.errors import LocalError
from mwaa_local.roles import Role
from mwaa_local.settings import Settings, of_running_stack
from mwaa_local.start_steps import Record

# Called with a role's name and one of: waiting, starting, healthy, failed; or the step before Airflow that it is at.
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class RoleProcess:
    """What runs for a role: its state in the words of whoever runs it, pid (0: none), age in seconds, memory in MB."""

    state: str = "unknown"
    pid: int = 0
    up_seconds: int = 0
    memory_mb: int = 0


@dataclass(frozen=True)
class Worker:
    """A Celery worker that runs: its pid or container's id; `host` as Airflow names it, "" where it is the only one."""

    id: str
    host: str = ""


class Stack(Protocol):
    """All roles of one install."""

    settings: Settings
    env_id: str
    roles: list[Role]

    def is_running(self) -> bool:
        """Whether it was started and not stopped, healthy or not."""

    def require_ports(self) -> None:
        """Raises PortTaken if a port of a stack that does not run is in use by something that is not a leftover of it."""

    def prepare(self) -> None:
        """Makes what is missing or out of date: environments, or images. Raises LocalError."""

    def start(self, progress: Progress) -> None:
        """Starts every role as soon as those it waits for are healthy; returns when all are.

        Raises LocalError with the log of the role that failed; nothing is left running then.
        """

    def stop(self) -> list[str]:
        """Stops everything, keeps all state; returns what had to be ended by force."""

    def delete_state(self) -> None:
        """Deletes the state that is not in the state folder; nothing runs then."""

    def delete_installed(self) -> None:
        """Deletes what `prepare` made outside the state folder."""

    def leftovers(self) -> list[str]:
        """What there is of this install although it does not run."""

    def health(self, name: str, patience: float = 0) -> tuple[bool, str]:
        """Asks a role's health check, for `patience` seconds: whether it serves, and its one line of explanation."""

    def processes(self) -> Mapping[str, RoleProcess]:
        """What runs now, by role."""

    def start_records(self) -> list[Record]:
        """What the steps before Airflow did in each of its roles, in Docker mode in each container."""

    def restart_role(self, name: str) -> None:
        """Stops the role and starts it again; returns before it is healthy."""

    def restart(self, names: Sequence[str]) -> None:
        """Restarts these roles, as far as there are such, and returns when all are healthy.

        Raises LocalError, also if one has started twice in vain.
        """

    def seed(self) -> int:
        """Runs the seed again, its output going to ours; returns its exit code."""

    def scale_workers(self, count: int) -> None:
        """Brings the Celery workers to `count`; returns when all are healthy. Raises LocalError."""

    def a_worker(self) -> Worker:
        """The worker that a scale-in would take. Raises LocalError if none runs."""

    def end_worker(self, worker: Worker, grace: float) -> bool:
        """Ends a worker with all its tasks as MWAA ends its container: SIGTERM, `grace` seconds, SIGKILL; with no grace SIGKILL
        at once. Returns whether it had to be killed."""

    def replace_worker(self, worker: Worker) -> None:
        """Sees to it that a fresh worker takes the place of one that was ended; returns when all workers are healthy.

        Raises NotReady.
        """

    def airflow_command(self, words: Sequence[str], terminal: bool = False) -> list[str]:
        """The command line that runs `words` in Airflow's environment; `python` and `airflow` are Airflow's."""

    def environment(self) -> Mapping[str, str]:
        """The environment for airflow_command's command line."""

    def log_command(self, service: str | None, follow: bool, lines: int) -> list[str]:
        """The command line that prints logs. Raises LocalError for a service without one."""


def stack_for(settings: Settings, env_id: str) -> Stack:
    """The stack of these settings, whose mode is native or docker."""
    if settings.mode == "docker":
        from mwaa_local.docker.stack import DockerStack

        return DockerStack(settings, env_id)
    from mwaa_local.native.stack import NativeStack

    return NativeStack(settings, env_id)


def last_started() -> Stack:
    """The stack of this checkout with the settings that it was started with; it need not run."""
    settings = of_running_stack()
    settings.mwaa_state.mkdir(parents=True, exist_ok=True)
    return stack_for(settings, secrets.ensure(settings.mwaa_state)["MWAA_ENV_ID"])


def every_way(settings: Settings) -> list[Stack]:
    """The stack in each mode in which it may have left something; containers first, for native mode's sweep sees into them."""
    env_id = secrets.ensure(settings.mwaa_state)["MWAA_ENV_ID"]
    modes = [*(["docker"] if (settings.mwaa_state / "docker.env").is_file() else []), "native"]
    return [stack_for(replace(settings, mode=mode), env_id) for mode in modes]


def require_running() -> Stack:
    stack = last_started()
    if not stack.is_running():
        raise LocalError("The stack is not running.", "make up")
    return stack


def with_mode(settings: Settings) -> Settings:
    """With MODE=auto: the mode of the last start, whose state is there; else docker if an engine answers, else native."""
    if settings.mode != "auto":
        return settings
    mode = of_running_stack().mode
    if mode == "auto":
        from mwaa_local.docker.engine import Engine

        mode = "docker" if Engine().answers() else "native"
    return replace(settings, mode=mode)
