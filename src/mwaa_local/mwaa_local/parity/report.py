"""The comparison as a person or a script wants it: a table of what is different, JSON, an HTML page; and the exit code."""

from __future__ import annotations

import html
import json
import subprocess
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from mwaa_local.airflow import Airflow
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.parity import facts
from mwaa_local.parity.comparison import SAME, Item, compare, score
from mwaa_local.stack import Stack

PAGE = "parity.html"
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1200px;padding:0 1rem;color:#222;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid #ddd;overflow-wrap:anywhere}th{background:#f5f5f5;position:sticky;top:0}"
    ".different td:first-child{border-left:4px solid #c80}.unexplained td:first-child{border-left:4px solid #c00}"
    ".same td:first-child{border-left:4px solid #393}td.mark{white-space:nowrap}"
    "@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}th{background:#2a2a2a}td,th{border-color:#444}}"
)


def run(stack: Stack, as_json: bool, everything: bool) -> int:
    """Prints the report and writes the page; 0 if every difference has its reason, else 1."""
    with err.status("Comparing with MWAA 2.2.2 ..."):
        items = compare(_seen(Airflow(stack)), stack.settings.mode)
    page = stack.settings.mwaa_state / PAGE
    page.write_text(as_page(items), encoding="utf-8")
    if as_json:
        out.print(json.dumps(document(items)))
    else:
        _print(items, everything, page)
    return 1 if any(item.unexplained for item in items) else 0


def document(items: list[Item]) -> dict[str, Any]:
    """{"score": percent, "unexplained": number, "items": [...]}, an item's fields as in comparison.Item."""
    unexplained = sum(item.unexplained for item in items)
    return {"score": round(score(items), 1), "unexplained": unexplained, "items": [asdict(item) for item in items]}


def as_page(items: list[Item]) -> str:
    """A page that needs nothing else: what is different first."""
    ordered = sorted(items, key=lambda item: (not item.unexplained, item.verdict == SAME))
    rows = "".join(_row(item) for item in ordered)
    sources = "".join(f"<li><b>{key}</b>: {html.escape(text)}</li>" for key, text in facts.read()["sources"].items())
    heads = "".join(f"<th>{head}</th>" for head in ("what", "MWAA 2.2.2", "here", "why different", "mark", "source"))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Parity with MWAA 2.2.2</title><style>{_STYLE}</style>'
        f"<h1>Parity with Amazon MWAA 2.2.2: {score(items):.1f} %</h1><p>{html.escape(_summary(items))}</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table><h2>Sources</h2><ul>{sources}</ul></html>\n"
    )


def _seen(airflow: Airflow) -> dict[str, Any]:
    """Raises LocalError."""
    command = airflow.command("python", "-W", "ignore", "-m", "mwaa_airflow.parity")
    done = subprocess.run(command, capture_output=True, text=True, env=airflow.environment())
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = "\n".join(f"  {line}" for line in (done.stdout + done.stderr).splitlines()[-10:])
        raise LocalError(
            f"Airflow's environment could not be looked at (exit code {done.returncode}):\n{said}", "make status"
        ) from None
    return found


def _summary(items: list[Item]) -> str:
    kinds = Counter(item.kind for item in items)
    same = Counter(item.kind for item in items if item.verdict == SAME)
    parts = ", ".join(f"{same[kind]} of {number} {kind}s" for kind, number in kinds.items())
    unexplained = sum(item.unexplained for item in items)
    return f"The same: {parts}. Different: {len(items) - sum(same.values())}, of which {unexplained} without a reason."


def _print(items: list[Item], everything: bool, page: Path) -> None:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("", "what", "MWAA 2.2.2", "here", "why", "source"):
        table.add_column(heading, overflow="fold")
    for item in items:
        if everything or item.verdict != SAME:
            sign = "[green]=[/]" if item.verdict == SAME else "[red]?[/]" if item.unexplained else "[yellow]~[/]"
            words = (
                f"{item.kind} {item.name}",
                item.mwaa,
                item.here,
                item.why,
                f"{item.source} ({facts.MARKS[item.mark]})",
            )
            table.add_row(sign, *(word.replace("[", "\\[") for word in words))
    out.print(table)
    out.print(f"Parity with MWAA 2.2.2: [bold]{score(items):.1f} %[/]. {_summary(items)}")
    out.print(f"All items, with their sources: {page}")


def _row(item: Item) -> str:
    kind = "unexplained" if item.unexplained else item.verdict
    cells = [f"{item.kind} {item.name}", item.mwaa, item.here, item.why]
    marked = f'<td class="mark">{facts.MARKS[item.mark]}</td><td>{html.escape(item.source)}</td>'
    return f'<tr class="{kind}">' + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + marked + "</tr>"
