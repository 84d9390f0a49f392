"""`make status`: what runs, whether it serves, which DAG files are broken, which steps before Airflow failed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from rich.table import Table

from mwaa_local import configuration_options, start_steps
from mwaa_local.airflow import Airflow
from mwaa_local.console import err, out
from mwaa_local.stack import RoleProcess, Stack


def show(stack: Stack, as_json: bool) -> int:
    """Prints the status; returns 0 if every role is healthy, no DAG file is broken and no start step failed, else 1."""
    if not stack.is_running():
        out.print(json.dumps({"up": False}) if as_json else "The stack is down. Next: make up")
        return 1
    with err.status("Asking every role ..."):
        roles = _roles(stack)
    database_answers = any(role["name"] == "postgres" and role["healthy"] for role in roles)
    errors = Airflow(stack).import_errors() if database_answers else []
    records = stack.start_records()
    pending = configuration_options.pending(stack.settings.mwaa_project, stack.settings.mwaa_state)
    all_well = all(role["healthy"] for role in roles) and not errors and not any(record.failed for record in records)
    if as_json:
        answer = {"up": True, "healthy": all_well, "roles": roles, "import_errors": errors, "options_pending": pending}
        out.print(json.dumps(answer | {"start": [asdict(record) for record in records]}), markup=False)
    else:
        _print(stack, roles, errors)
        start_steps.show(records)
        if pending:
            out.print("[yellow]Options[/] ", end="")
            out.print(pending, markup=False)
    return 0 if all_well else 1


def _roles(stack: Stack) -> list[dict[str, Any]]:
    served = [role for role in stack.roles if not role.once]
    with ThreadPoolExecutor(len(served) + 1) as pool:
        running = pool.submit(stack.processes)
        answers = list(pool.map(lambda role: stack.health(role.name), served))
    processes = running.result()
    return [
        {"name": role.name, "healthy": healthy, "says": says, **asdict(processes.get(role.name, RoleProcess()))}
        for role, (healthy, says) in zip(served, answers)
    ]


def _print(stack: Stack, roles: list[dict[str, Any]], errors: list[dict[str, str]]) -> None:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("role", "health", "process", "up", "memory", ""):
        table.add_column(heading)
    for role in roles:
        health = "[green]healthy[/]" if role["healthy"] else "[red]ill[/]"
        process = f"{role['state']} {role['pid'] or ''}"
        table.add_row(
            role["name"], health, process, _duration(role["up_seconds"]), f"{role['memory_mb']} MB", role["says"]
        )
    out.print(table)
    out.print(f"Airflow: {stack.settings.web_url}   AWS endpoint: {stack.settings.endpoint}")
    for error in errors:
        last = error["stacktrace"].strip().splitlines()[-1]
        out.print(f"[red]Broken DAG[/] {error['filename']}: ", end="")
        out.print(last, markup=False)
    if errors:
        out.print("The other DAGs keep working. The whole trace is on the web page of Airflow.")


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
