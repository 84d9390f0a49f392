"""The steps that a role of Airflow takes before Airflow starts, as its record tells them (mwaa_airflow.start.record)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mwaa_local.console import out
from mwaa_local.settings import Settings

# What Airflow does without, where a step failed.
CONSEQUENCES = {
    "plugins": "Airflow runs without plugins.zip.",
    "startup script": "Airflow runs all the same.",
    "requirements": "Airflow runs without any of requirements.txt, as on MWAA.",
}


@dataclass(frozen=True)
class Step:
    """`state` is running, done, warned or failed; `line` the one that decides; `log` the file with all that was printed."""

    step: str
    state: str
    line: str = ""
    log: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Record:
    """The steps of one start of a role."""

    role: str
    steps: tuple[Step, ...]

    @property
    def failed(self) -> bool:
        return any(step.state == "failed" for step in self.steps)


def parse(text: str) -> Record | None:
    """None for what is no record."""
    try:
        content = json.loads(text)
        return Record(content["role"], tuple(Step(**step) for step in content["steps"]))
    except (ValueError, KeyError, TypeError):
        return None


def read(settings: Settings, role: str) -> Record | None:
    """Native mode's record of a role; None before its first start."""
    try:
        return parse(_file(settings, role).read_text())
    except OSError:
        return None


def running(settings: Settings, role: str) -> str:
    """The step that runs now, "" if none does."""
    record = read(settings, role)
    return next((step.step for step in record.steps if step.state == "running"), "") if record else ""


def longest(settings: Settings) -> float:
    """Seconds that the steps may take at most: each has a limit. A role that comes no further is not waited for longer."""
    return settings.startup_timeout + settings.requirements_timeout + 30.0


def forget(settings: Settings, role: str) -> None:
    """Before a start: what is there tells of an earlier one."""
    _file(settings, role).unlink(missing_ok=True)


def verdicts(records: Iterable[Record]) -> list[tuple[list[str], Step]]:
    """(roles, step) of what failed or is to be warned of; roles of which the same is to be said are one."""
    found: dict[tuple[str, str, str], tuple[list[str], Step]] = {}
    for record in records:
        for step in record.steps:
            if step.state in ("failed", "warned"):
                roles, _ = found.setdefault((step.step, step.state, step.line), ([], step))
                roles.append(record.role)
    return list(found.values())


def show(records: Iterable[Record]) -> None:
    """Prints the verdicts: which roles, which step, the line that decides, what it means, where the log is."""
    for roles, step in verdicts(records):
        failed = step.state == "failed"
        out.print(
            f"[{'red' if failed else 'yellow'}]{step.step} {step.state}[/] in {', '.join(sorted(set(roles)))}: ", end=""
        )
        out.print(step.line, markup=False, highlight=False)
        if failed:
            log = f" Log: {step.log}" if step.log else ""
            out.print(f"  {CONSEQUENCES[step.step]}{log}", markup=False, highlight=False)


def _file(settings: Settings, role: str) -> Path:
    return settings.run_folder / f"{role}.start.json"
