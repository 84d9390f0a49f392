"""`make check-requirements`: the findings as a text or as JSON, and an exit code."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from mwaa_local.console import out
from mwaa_local.errors import LocalError
from mwaa_local.requirements import ask, judge, lines
from mwaa_local.requirements.findings import BEST_PRACTICES, ERROR, SEVERITIES, WARNING, Finding, canonical
from mwaa_local.requirements.judge import Judgement
from mwaa_local.settings import ROOT, Settings

COLOURS = {"error": "red", "warning": "yellow", "info": "dim"}


def run(settings: Settings, as_json: bool) -> int:
    """Checks the project's requirements.txt; returns 0 if it would work and change nothing of MWAA's own, else 1.

    Raises LocalError where there is no file, or pip cannot be asked.
    """
    file = settings.mwaa_project / "requirements.txt"
    if not file.is_file():
        raise LocalError(f"There is no {file}.", "nothing is to be checked; MWAA_PROJECT names another project")
    with tempfile.TemporaryDirectory(prefix="mwaa-local-") as work:
        judgement, findings = check(settings, Path(work))
    found = in_order(findings)
    if as_json:
        out.print(json.dumps(_as_json(judgement, found), indent=1), markup=False)
    else:
        show(settings, judgement, found)
    return 1 if any(one.severity == ERROR for one in found) else 0


def check(settings: Settings, work: Path, *more: str) -> tuple[Judgement | None, list[Finding]]:
    """pip's answer, None if it gave none in time, and all findings. `work` has what pip fetched."""
    text = (settings.mwaa_project / "requirements.txt").read_text(errors="surrogateescape")
    try:
        answer = ask.ask(settings, work, *more)
    except ask.TooLong as late:
        own = [Finding("timeout", ERROR, late.problem, fix=late.advice, source=BEST_PRACTICES)]
        return None, [*lines.read(text, settings.mwaa_project, (), _variables(settings)), *own]
    official = Path(answer["constraints"] or LIST_OF_MWAA)
    judgement = Judgement(answer, pins(official) if answer["constraints"] else None)
    constrained = constrained_projects(text, settings.mwaa_project, official)
    of_file = lines.read(text, settings.mwaa_project, constrained, _variables(settings))
    return judgement, [*of_file, *judgement.findings(constrained)]


LIST_OF_MWAA = ROOT / "stack" / "locks" / "airflow.in"


def constrained_projects(text: str, project: Path, official: Path) -> set[str]:
    """What the constraints of the file name; `official` stands for the official ones."""
    found: set[str] = set()
    for line in lines.parse(text):
        if line.option != "--constraint":
            continue
        own = project / line.value.replace(f"{lines.HOME}/", "", 1)
        path = official if lines.OFFICIAL.search(line.value) else own
        found |= pins(path).keys()
    return found


def pins(constraints: Path) -> dict[str, str]:
    """{canonical name: version} of a file of constraints; {} where there is none."""
    if not constraints.is_file():
        return {}
    parsed = lines.parse(constraints.read_text(errors="surrogateescape"))
    return {canonical(one.name): one.pinned for one in parsed if one.name and one.pinned}


def _variables(settings: Settings) -> dict[str, str]:
    return dict(os.environ) | ask.environment(settings)


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first, otherwise as they come; each once."""
    unique = list(dict.fromkeys(findings))
    return [one for severity in SEVERITIES for one in unique if one.severity == severity]


def show(settings: Settings, judgement: Judgement | None, findings: Sequence[Finding]) -> None:
    out.print(f"{settings.mwaa_project / 'requirements.txt'} on MWAA 2.2.2: {_target(judgement)}", markup=False)
    if judgement and judgement.install:
        out.print("\nWould be installed into the user site, over MWAA's packages:")
        out.print(_table(judgement))
    if findings:
        out.print()
    for one in findings:
        where = f"line {one.line}: " if one.line else ""
        out.print(f"[{COLOURS[one.severity]}]{one.severity:<8}[/]{one.id}: {escape(where + _indented(one.text))}")
        if one.fix:
            out.print(f"        [dim]do:[/] {escape(one.fix)}")
        if one.source:
            out.print(f"        [dim]see {one.source}[/]")
    out.print(f"\n{verdict(judgement, findings)}")


def _target(judgement: Judgement | None) -> str:
    report = judgement.report if judgement else {}
    pip = f"pip {report.get('pip', '21.3.1')}, Python 3.7, Linux x86_64 with glibc 2.{judge.GLIBC}"
    took = f", which took {report['seconds']} s" if report.get("asked") else ""
    machine = report.get("platform", "linux x86_64")
    return f"{pip}{took}" + ("" if machine == "linux x86_64" else f" (approximated on {machine})")


def _table(judgement: Judgement) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("package", "version", "MWAA's own", "file", "asked for by"):
        table.add_column(heading)
    changed = {change.name: change.old for change in judgement.changes}
    for one in judgement.install:
        old = changed.get(canonical(one["name"]), "")
        kind = one["file"] if one["kind"] in ("wheel", "source") else f"{one['kind']} {one['url']}"
        asked = one["asked_by"].replace("-r requirements.txt ", "").strip("()") or "requirements.txt"
        table.add_row(one["name"], one["version"], f"[red]{old}[/]" if old else "", escape(kind), escape(asked))
    return table


def _indented(text: str) -> str:
    return text.replace("\n", "\n          ")


def verdict(judgement: Judgement | None, findings: Sequence[Finding]) -> str:
    """One line, in rich's markup."""
    errors = sum(one.severity == ERROR for one in findings)
    warnings = sum(one.severity == WARNING for one in findings)
    counted = f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}"
    if judgement is None or judgement.failed:
        return f"[red]Nothing would be installed[/], and Airflow would start without any of it: {counted}."
    count = len(judgement.install)
    what = f"{_counted(count, 'package')} would be installed" if count else "MWAA has all of it already"
    over = len(judgement.changes)
    if errors and over:
        return f"[red]{what}, {over} of them over MWAA's own[/]: {counted}."
    if errors:
        return f"[red]It would not work as it is[/]: {counted}."
    own = (
        f"{over} of them over MWAA's own as the official constraints have it"
        if over
        else "nothing of MWAA's own changes"
    )
    return f"[green]It would work[/]: {what}, {own}; {_counted(warnings, 'warning')}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _as_json(judgement: Judgement | None, findings: Sequence[Finding]) -> dict[str, Any]:
    report = judgement.report if judgement else {}
    kept = ("name", "version", "kind", "file", "url", "asked_by")
    return {
        "ok": not any(one.severity == ERROR for one in findings),
        "resolved": judgement is not None and not judgement.failed,
        "python": report.get("python", ""),
        "pip": report.get("pip", ""),
        "seconds": report.get("seconds"),
        "official_constraints": bool(report.get("constraints")),
        "install": [{name: one[name] for name in kept} for one in (judgement.install if judgement else [])],
        "changes": [asdict(change) for change in (judgement.changes if judgement else [])],
        "findings": [asdict(one) for one in findings],
    }
