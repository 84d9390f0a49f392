"""The result as a person, a script, or an editor and a code host want it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from mwaa_local.check.files import Checked
from mwaa_local.check.finding import ERROR, RULES, WARNING

_COLOURS = {ERROR: "red", WARNING: "yellow"}
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(checked: Sequence[Checked], seconds: float) -> None:
    """`path:line:column MW101 message`, then the way out and the source; at last how many of what."""
    for each in checked:
        for finding in each.findings:
            place = click.style(f"{shown(each.path)}:{finding.line}:{finding.column}", bold=True)
            rule = click.style(finding.rule, fg=_COLOURS[finding.level])
            click.echo(f"{place} {rule} {_printable(finding.message)}")
            click.echo(f"    fix: {_printable(finding.hint)}")
            click.echo(click.style(f"    source: {RULES[finding.rule].source}", dim=True))
    click.echo(summary(checked, seconds))


def summary(checked: Sequence[Checked], seconds: float) -> str:
    """ "12 files in 0.4 s (8 unchanged): 3 errors, 1 warning"."""
    levels = Counter(finding.level for each in checked for finding in each.findings)
    known = sum(each.known for each in checked)
    found = ", ".join(_count(levels[level], level) for level in (ERROR, WARNING) if levels[level]) or "clean"
    unchanged = f" ({known} unchanged)" if known else ""
    return f"{_count(len(checked), 'file')} in {seconds:.1f} s{unchanged}: {found}"


def as_json(checked: Sequence[Checked], seconds: float) -> None:
    click.echo(json.dumps(document(checked, seconds)))


def document(checked: Sequence[Checked], seconds: float) -> dict[str, Any]:
    """{"files": number, "seconds": s, "errors": number, "warnings": number, "findings": [{"path", "line", "column", "rule",
    "level", "message", "fix", "source"}]}; line and column count from 1."""
    findings = [
        {
            "path": shown(each.path),
            "line": finding.line,
            "column": finding.column,
            "rule": finding.rule,
            "level": finding.level,
            "message": finding.message,
            "fix": finding.hint,
            "source": RULES[finding.rule].source,
        }
        for each in checked
        for finding in each.findings
    ]
    levels = Counter(finding["level"] for finding in findings)
    return {
        "files": len(checked),
        "seconds": round(seconds, 3),
        "errors": levels[ERROR],
        "warnings": levels[WARNING],
        "findings": findings,
    }


def as_sarif(checked: Sequence[Checked], seconds: float) -> None:
    click.echo(json.dumps(sarif(checked)))


def sarif(checked: Sequence[Checked]) -> dict[str, Any]:
    """A SARIF 2.1.0 log of one run, with every rule in its driver."""
    order = {rule: place for place, rule in enumerate(RULES)}
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.what},
            "help": {"text": f"{rule.fix}\n\nSource: {rule.source}"},
            "defaultConfiguration": {"level": rule.level},
        }
        for rule in RULES.values()
    ]
    results = [
        {
            "ruleId": finding.rule,
            "ruleIndex": order[finding.rule],
            "level": finding.level,
            "message": {"text": f"{finding.message}. Instead: {finding.hint}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(each.path)},
                        "region": {"startLine": finding.line, "startColumn": finding.column},
                    }
                }
            ],
        }
        for each in checked
        for finding in each.findings
    ]
    driver = {"name": "mwaa-local check", "semanticVersion": "2.2.2", "rules": rules}
    return {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def shown(path: Path) -> str:
    """As it is seen from where the command was called, if it is below that."""
    whole = Path.cwd() / path
    here = Path.cwd()
    return _printable(str(whole.relative_to(here) if whole.is_relative_to(here) else whole))


def _uri(path: Path) -> str:
    whole = Path.cwd() / path
    here = Path.cwd()
    if whole.is_relative_to(here):
        return quote(whole.relative_to(here).as_posix().encode(errors="surrogateescape"))
    return "file://" + quote(whole.as_posix().encode(errors="surrogateescape"))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _printable(text: str) -> str:
    """Names and code may hold anything; a terminal gets no control characters of theirs."""
    clean = "".join(sign if sign.isprintable() or sign == " " else repr(sign)[1:-1] for sign in text)
    return clean.encode(errors="backslashreplace").decode()
