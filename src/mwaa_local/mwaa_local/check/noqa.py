"""`# noqa` on the line of a finding: alone for all rules, with ids for those."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mwaa_local.check.finding import Finding

_COMMENT = re.compile(r"#\s*noqa\b(?P<list>\s*:\s*(?P<ids>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*))?", re.I)


def without(findings: Iterable[Finding], lines: list[str]) -> list[Finding]:
    """The findings that no comment on their line takes back. `# noqa: F401`, of another tool, takes back none."""
    return [finding for finding in findings if not _silenced(finding, lines)]


def _silenced(finding: Finding, lines: list[str]) -> bool:
    line = lines[finding.line - 1] if finding.line <= len(lines) else ""
    found = _COMMENT.search(line)
    if found is None:
        return False
    if found["list"] is None:
        return True
    return finding.rule in {word.upper() for word in re.split(r"[\s,]+", found["ids"])}
