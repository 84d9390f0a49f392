"""One file: from its bytes to its findings."""

from __future__ import annotations

from collections.abc import Iterator

from mwaa_local.check import glue, mwaa, names, noqa, syntax
from mwaa_local.check.finding import RULES, Finding
from mwaa_local.check.index import Index
from mwaa_local.check.project import Project
from mwaa_local.check.scopes import File
from mwaa_local.check.source import Unreadable, text_of, tree_of


def check(content: bytes, index: Index, project: Project, kind: str = "dags", name: str = "") -> list[Finding]:
    """The findings in the order of the lines, without those that `# noqa` takes back.

    `kind`: "dags" or "plugins"; `name`: the file's name without .py. Raises nothing for what a file holds.
    """
    lines: list[str] = []
    try:
        text = text_of(content)
        lines = text.split("\n")
        found = list(_rules(File(text, tree_of(text), index, kind, name), project))
    except Unreadable as problem:
        found = [problem.finding]
    except RecursionError:
        found = [Finding(1, 1, "MW004", "The code is nested too deeply: it was not checked", RULES["MW004"].fix)]
    once = {(each.line, each.rule, each.message): each for each in reversed(found)}
    return noqa.without(sorted(each.in_characters(lines) for each in once.values()), lines)


def _rules(file: File, project: Project) -> Iterator[Finding]:
    yield from syntax.check(file)
    yield from names.check(file, project)
    yield from mwaa.check(file, project)
    yield from glue.check(file, project)
