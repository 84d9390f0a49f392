"""The command: which files, what is said about them, the exit code."""

from __future__ import annotations

import time
from pathlib import Path

from mwaa_local.check import report
from mwaa_local.check.cache import Cache
from mwaa_local.check.files import Checked, check_all, jobs_of
from mwaa_local.check.finding import ERROR, RULES
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings

FORMATS = ("text", "json", "sarif")


def run(
    settings: Settings,
    paths: list[Path],
    *,
    form: str = "text",
    select: str = "",
    ignore: str = "",
    strict: bool = False,
) -> int:
    """Checks the files (default: the project's dags/ and plugins/) and prints the result.

    1 if there is an error, with `strict` also for a warning; else 0. Raises LocalError for a path or a rule that does not exist.
    """
    begun = time.monotonic()
    wanted = _wanted(select, ignore)
    jobs = jobs_of(settings, paths)
    cache = Cache(settings.mwaa_state / "check")
    checked = [_only(each, wanted) for each in check_all(jobs, cache)]
    cache.write()
    seconds = time.monotonic() - begun
    {"text": report.as_text, "json": report.as_json, "sarif": report.as_sarif}[form](checked, seconds)
    return 1 if any(strict or finding.level == ERROR for each in checked for finding in each.findings) else 0


def _wanted(select: str, ignore: str) -> frozenset[str]:
    """The rules to be told: `MW1` is all that begin so."""
    chosen = _ids(select) if select else set(RULES)
    return frozenset(chosen - _ids(ignore))


def _ids(text: str) -> set[str]:
    found: set[str] = set()
    for word in text.replace(",", " ").split():
        matching = {rule for rule in RULES if rule.startswith(word.upper())}
        if not matching:
            raise LocalError(f"There is no rule {word}.", f"one of: {', '.join(RULES)}; or the beginning of some: MW3")
        found |= matching
    return found


def _only(checked: Checked, wanted: frozenset[str]) -> Checked:
    return Checked(checked.path, [finding for finding in checked.findings if finding.rule in wanted], checked.known)
