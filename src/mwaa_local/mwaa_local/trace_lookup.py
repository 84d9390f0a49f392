"""`make trace-lookup VAR=x`, `CONN=x`: which secrets backend answers, asked in Airflow's own environment and order."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from rich.markup import escape
from rich.table import Table

from mwaa_local.airflow import Airflow
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.stack import Stack


def run(stack: Stack, variable: str, connection: str, show: bool) -> int:
    """Prints a row for each backend; returns 0 if one has it, else 1. Raises LocalError when it cannot be asked."""
    if bool(variable) == bool(connection):
        raise LocalError("One variable or one connection is looked up.", "make trace-lookup VAR=name, or CONN=name")
    kind, name = ("variable", variable) if variable else ("connection", connection)
    with err.status(f"Looking up the {kind} {name} as Airflow does ..."):
        found = _trace(Airflow(stack), kind, name)
    out.print(_table(found["lookups"], show))
    if found["answered"]:
        out.print(f"[green]{found['answered']}[/] answers for the {kind} {escape(name)}.")
        return 0
    out.print(f"[red]No backend[/] has the {kind} {escape(name)}.")
    return 1


def _trace(airflow: Airflow, kind: str, name: str) -> dict[str, Any]:
    """See mwaa_airflow.trace_lookup."""
    command = airflow.command("python", "-m", "mwaa_airflow.trace_lookup", kind, "--", name)
    done = subprocess.run(command, capture_output=True, text=True, env=airflow.environment())
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["(nothing was printed)"])[-1]
        raise LocalError(
            f"Airflow could not make its secrets backends: {last}", "see secrets.* in airflow-config.yaml; make restart"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _table(lookups: list[dict[str, Any]], show: bool) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("", "backend", "looks for", "answer", "took"):
        table.add_column(heading)
    for number, lookup in enumerate(lookups, 1):
        took = f"{lookup['seconds'] * 1000:.0f} ms" if lookup["asked"] else ""
        table.add_row(str(number), lookup["backend"], escape(lookup["asks_for"]), _answer(lookup, show), took)
    return table


def _answer(lookup: dict[str, Any], show: bool) -> str:
    if not lookup["asked"]:
        return "[dim]not asked[/]"
    if lookup["error"]:
        return f"[red]failed, passed over:[/] {escape(lookup['error'])}"
    if not lookup["found"]:
        return "has none"
    return f"[green]{escape(lookup['value'] if show else lookup['shown'])}[/]"
