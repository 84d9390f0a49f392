"""`make doctor`: looks at the machine and says what is missing, each with what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

import psutil

from mwaa_local import java
from mwaa_local.console import out
from mwaa_local.docker.engine import Engine
from mwaa_local.environments import SPACE_NEEDED, Installer, spark_python, stack_environments, test_environments
from mwaa_local.errors import LocalError
from mwaa_local.ports import require_free
from mwaa_local.settings import SPARK_VERSIONS, Settings
from mwaa_local.stack import last_started, with_mode
from mwaa_local.up import with_ports

MEMORY_NEEDED = 3_000_000_000  # bytes: the stack at work and one job


def run(settings: Settings) -> int:
    """Prints a line for each check; returns 0 if nothing stands in the way of `make up`."""
    settings = with_mode(settings)
    native: list[Callable[[Settings], str]] = [_interpreters, _optional_interpreters, _space, _compiler, _spark]
    checks = [_platform, *(native if settings.mode == "native" else []), _memory, _ports, _docker]
    problems = 0
    for check in checks:
        try:
            out.print(f"[green]ok[/]    {check(settings)}")
        except LocalError as error:
            problems += 1
            out.print(f"[red]wrong[/] {error}")
    return 1 if problems else 0


def _platform(_: Settings) -> str:
    return f"command line on Python {sys.version.split()[0]}, {sys.platform}"


def _interpreters(settings: Settings) -> str:
    installer = Installer(settings)
    needed = [e for e in [*stack_environments(), *test_environments()] if e.minor and not e.optional]
    minors = sorted({e.minor for e in needed})
    return "interpreters: " + ", ".join(
        f"{installer.interpreter(m).version} ({installer.interpreter(m).path})" for m in minors
    )


def _optional_interpreters(settings: Settings) -> str:
    installer = Installer(settings)
    optional = [e for e in stack_environments() if e.optional]
    return "; ".join(
        installer.missing_interpreter(e) or f"{e.name} can be made, with {installer.interpreter(e.minor).path}"
        for e in optional
    )


def _space(settings: Settings) -> str:
    settings.mwaa_state.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.mwaa_state).free
    installed = all(Installer(settings).is_current(e) for e in stack_environments() if not e.optional)
    if not installed and free < SPACE_NEEDED:
        raise LocalError(
            f"{free / 1e9:.1f} GB free, {SPACE_NEEDED / 1e9:.1f} GB needed in {settings.mwaa_state}", "free some"
        )
    return f"disk: {free / 1e9:.0f} GB free in {settings.mwaa_state}"


def _memory(_: Settings) -> str:
    available = psutil.virtual_memory().available
    if available < MEMORY_NEEDED:
        raise LocalError(
            f"{available / 1e9:.1f} GB of memory available, {MEMORY_NEEDED / 1e9:.0f} GB needed", "close something"
        )
    return f"memory: {available / 1e9:.1f} GB available"


def _ports(settings: Settings) -> str:
    stack = last_started()
    if stack.is_running():
        return f"ports: held by this stack, which is up ({stack.settings.web_url})"
    settings = with_ports(settings)
    require_free({r.port.upper(): getattr(settings, r.port) for r in stack.roles if r.port})
    return "ports: free"


def _compiler(settings: Settings) -> str:
    airflow = next(e for e in stack_environments() if e.compiled)
    missing = [program for program in airflow.needs if not shutil.which(program)]
    if missing:
        return (
            f"psycopg2 and pycurl of MWAA's list are left out, for {', '.join(missing)} is missing; all works without "
            "(Debian: apt install gcc libpq-dev libcurl4-openssl-dev)"
        )
    return "psycopg2 and pycurl can be compiled, as MWAA has them"


def _spark(settings: Settings) -> str:
    """What Spark jobs need, by Glue version: needed only with GLUE."""
    ready, missing = [], []
    for version in settings.spark_versions or SPARK_VERSIONS:
        try:
            found = java.find(version)
            python = Installer(settings).interpreter(spark_python(version))
            ready.append(f"{version} (Java {found.version} in {found.home}, Python {python.version})")
        except LocalError as problem:
            if settings.spark_versions:
                raise
            missing.append(f"Spark jobs of Glue {version} cannot be run; all else works without. {problem.problem}")
    return "; ".join([*([f"Spark jobs can be run: {', '.join(ready)}"] if ready else []), *missing])


def _docker(_: Settings) -> str:
    try:
        Engine().require()
    except LocalError as missing:
        return f"Docker mode cannot be used: {missing.problem} Native mode needs none"
    return "Docker mode can be used: an engine answers, and Compose is there"
