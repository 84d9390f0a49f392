"""What came out of a round, and its lines. No side effects."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa_local.check import report as check_report
from mwaa_local.check.files import Checked
from mwaa_local.check.finding import ERROR

MOST_FAILURES = 10  # that are shown
MOST_LINES = 8  # of each
MOST_NAMES = 3  # of files that have changed

Line = tuple[str, str]
"""A style of rich, and a text."""


@dataclass
class Verdict:
    """`names`: what was saved; `failures`: events of tests as mwaa_airflow.dagtest.watching tells them; `left`: tests that need
    the local AWS account and have still to run; `trouble`: why there is no outcome of tests."""

    project: Path
    names: list[str]
    saved: float
    checked: list[Checked] = field(default_factory=list)
    check_seconds: float = 0.0
    passed: int = 0
    skipped: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    trouble: str = ""
    ended: float = 0.0

    @property
    def good(self) -> bool:
        findings = [finding for each in self.checked for finding in each.findings if finding.level == ERROR]
        return not (findings or self.failures or self.trouble)

    @property
    def seconds(self) -> float:
        """From the save to this verdict."""
        return max(0.0, (self.ended or time.time()) - self.saved)

    def add(self, test: dict[str, Any]) -> None:
        if test["outcome"] == "failed":
            self.failures.append(test)
        elif test["outcome"] == "skipped":
            self.skipped += 1
        else:
            self.passed += 1

    def lines(self) -> list[Line]:
        """The first line says all; then findings, failures, counts."""
        word = "passed" if self.good else "FAILED"
        clock = time.strftime("%H:%M:%S", time.localtime(self.ended or time.time()))
        style = "bold green" if self.good else "bold red"
        found: list[Line] = [(style, f"{word} {_named(self.names)} after {self.seconds:.1f} s, at {clock}")]
        found += self.check_lines()
        for failure in self.failures[:MOST_FAILURES]:
            found += self._failure(failure)
        if len(self.failures) > MOST_FAILURES:
            found.append(("red", f"  and {len(self.failures) - MOST_FAILURES} more"))
        if self.trouble:
            found += [("red", f"  {line}") for line in self.trouble.splitlines()]
        counts = [(len(self.failures), "failed"), (self.passed, "passed"), (self.skipped, "skipped")]
        tests = ", ".join(f"{number} {what}" for number, what in counts if number) or "none"
        left = f"; {self.left} with Glue and S3 to come" if self.left else ""
        found.append(("", f"  tests: {tests}{left}"))
        return found

    def check_lines(self) -> list[Line]:
        """What the static checks say."""
        if not self.checked:
            return []
        found: list[Line] = []
        for each in self.checked:
            for finding in each.findings:
                colour = "red" if finding.level == ERROR else "yellow"
                place = f"{self.shown(str(each.path))}:{finding.line}"
                found.append((colour, f"  {place} {finding.rule} {finding.message}"))
                found.append(("dim", f"      fix: {finding.hint}"))
        most = MOST_FAILURES * 2
        if len(found) > most:
            found = [*found[:most], ("yellow", f"  and {(len(found) - most) // 2} more: make check")]
        return [*found, ("", f"  check: {check_report.summary(self.checked, self.check_seconds)}")]

    def shown(self, path: str) -> str:
        """As seen from the project."""
        return os.path.relpath(path, self.project) if path.startswith(str(self.project) + os.sep) else path

    def _failure(self, test: dict[str, Any]) -> list[Line]:
        place = test["where"] or (test.get("file") or "")
        name = re.sub(r"^.*?::test_dag_file\[(.*)\]$", r"\1", test["id"]) if test.get("own") else test["id"]
        head = f"  {self.shown(place)} {name}" if place else f"  {name}"
        text = test.get("message") or test["text"]
        lines = [line.rstrip() for line in _printable(text).splitlines() if line.strip()]
        if not test.get("message") and len(lines) > MOST_LINES:
            lines = [lines[0], "...", *lines[-(MOST_LINES - 2) :]]
        return [("red", head), *(("", f"      {line[:200]}") for line in lines[:MOST_LINES])]


def _named(names: list[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return ", ".join(names)


def _printable(text: str) -> str:
    """A terminal gets no control characters of a test's."""
    return "".join(sign if sign.isprintable() or sign in " \n" else " " for sign in text)
