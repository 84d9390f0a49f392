"""`make up`: installs, starts, waits, and shows where to go."""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dotenv import dotenv_values
from rich.live import Live
from rich.table import Table

from mwaa_local import configuration_options, ports, secrets, start_steps
from mwaa_local.configuration_options import Options
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.settings import PORTS, Settings, of_running_stack
from mwaa_local.stack import stack_for, with_mode
from mwaa_local.versions import versions

TOLD_AFTER = 2.0  # seconds that a step before Airflow takes
MARKS = {
    "waiting": "[dim]waiting[/]",
    "starting": "[yellow]starting[/]",
    "healthy": "[green]healthy[/]",
    "failed": "[red]failed[/]",
}


def up(settings: Settings) -> None:
    """Brings the stack up and waits until every role is healthy.

    Raises LocalError when it is up already, or when anything fails; nothing is left half-started.
    """
    begun = time.monotonic()
    settings.mwaa_state.mkdir(parents=True, exist_ok=True)
    options = configuration_options.load(settings.mwaa_project)
    with _only_one(settings):
        secret = secrets.ensure(settings.mwaa_state)
        refuse_second_start(settings, secret["MWAA_ENV_ID"])
        settings = with_ports(with_mode(settings))
        stack = stack_for(settings, secret["MWAA_ENV_ID"])
        # before minutes of installing
        stack.require_ports()
        stack.prepare()
        options.write(settings.mwaa_state)
        with Board([role.name for role in stack.roles]) as board:
            stack.start(board.show)
    show_closing_screen(settings, secret, options, time.monotonic() - begun)
    start_steps.show(stack.start_records())


def refuse_second_start(settings: Settings, env_id: str) -> None:
    running = stack_for(of_running_stack(), env_id)
    if not running.is_running():
        return
    ill = [role.name for role in running.roles if not role.once and not running.health(role.name)[0]]
    if not ill:
        raise LocalError(f"The stack is up already: {running.settings.web_url}", "make status, or make down first")
    raise LocalError(
        f"The stack is up already, but not healthy: {', '.join(ill)}.", "make status; make down, then make up"
    )


def with_ports(settings: Settings) -> Settings:
    """With PORTS=auto, the ports chosen for this checkout earlier, or free ones."""
    if settings.ports != "auto":
        return settings
    kept_in = settings.mwaa_state / "ports.env"
    names = PORTS
    kept = dotenv_values(kept_in) if kept_in.is_file() else {}
    chosen = [int(kept.get(name.upper()) or 0) for name in names]
    if not all(chosen) or not all(ports.is_free(port) for port in chosen):
        chosen = ports.free_ports(len(names))
        kept_in.write_text("".join(f"{name.upper()}={port}\n" for name, port in zip(names, chosen)))
    web, aws, postgres, statsd = chosen
    return replace(settings, web_port=web, aws_port=aws, postgres_port=postgres, statsd_port=statsd)


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Two `make up` at once would start everything twice."""
    with open(settings.mwaa_state / "up.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError("Another `make up` of this checkout is at work.", "wait for it, or end it") from None
        yield


class Board:
    """The roles' progress: a live table on a terminal, a line for each change elsewhere."""

    def __init__(self, names: list[str]) -> None:
        self._begun = time.monotonic()
        self._states = dict.fromkeys(names, ("waiting", 0.0))
        self._told: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._live = Live(console=err, get_renderable=self._table, refresh_per_second=8, transient=True)

    def __enter__(self) -> Board:
        if err.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if err.is_terminal:
            self._live.stop()

    def show(self, name: str, state: str) -> None:
        with self._lock:
            before, since = self._states[name]
            if before == state:
                self._tell_of_a_long_step(name, state, since)
                return
            self._states[name] = (state, time.monotonic() - self._begun)
        if not err.is_terminal and state in ("healthy", "failed"):
            err.print(f"{name:<12} {state} after {self._states[name][1]:.1f} s")

    def _tell_of_a_long_step(self, name: str, state: str, since: float) -> None:
        """Without a terminal, too, it is said what takes so long before Airflow starts."""
        slow = state not in MARKS and time.monotonic() - self._begun - since > TOLD_AFTER
        if slow and not err.is_terminal and (name, state) not in self._told:
            self._told.add((name, state))
            err.print(f"{name:<12} at the step {state} ...")

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2))
        now = time.monotonic() - self._begun
        with self._lock:
            for name, (state, at) in self._states.items():
                seconds = "" if state == "waiting" else f"{at if state in ('healthy', 'failed') else now:.1f} s"
                table.add_row(name, MARKS.get(state, f"[yellow]{state}[/]"), seconds)
        return table


def show_closing_screen(settings: Settings, secret: dict[str, str], options: Options, seconds: float) -> None:
    pinned = versions()
    provider = settings.amazon_provider_version or pinned["AMAZON_PROVIDER_VERSION"]
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_row("Airflow", f"[bold]{settings.web_url}[/]")
    table.add_row("Login", f"admin / {secret['ADMIN_PASSWORD']}")
    table.add_row("AWS endpoint", f"{settings.endpoint} (S3, IAM, STS, SQS, CloudWatch, Secrets Manager, Glue, MWAA)")
    table.add_row("Mode", f"{settings.mode}, executor {settings.executor}, {settings.env_class}")
    table.add_row(
        "Versions",
        f"Airflow {pinned['AIRFLOW_VERSION']}, Amazon provider {provider}, LocalStack {pinned['LOCALSTACK_VERSION']}",
    )
    table.add_row("DAGs", str(settings.mwaa_project / "dags"))
    table.add_row("Options", f"{options} of {configuration_options.NAME}")
    out.print(f"[green]Up[/] after {seconds:.1f} s: a local MWAA {pinned['AIRFLOW_VERSION']}")
    out.print(table)
    for warning in options.warnings:
        err.print(f"[yellow]warning:[/] {configuration_options.NAME}: {warning}")
    out.print("Next: make demo · make status · make logs · make down")
