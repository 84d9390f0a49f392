"""docs/check.md names every rule as the code has it, and the pre-commit hook is what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import yaml

from mwaa_local.check.finding import ERROR, RULES, WARNING
from mwaa_local.settings import ROOT

PAGE = ROOT / "docs" / "check.md"
_MARKED = re.compile(r"(<!-- rules -->\n)(.*?)(<!-- /rules -->)", re.S)


def table():
    rows = ["| rule | level | what | instead | source |", "|---|---|---|---|---|"]
    for rule in RULES.values():
        cells = (rule.id, rule.level, _escaped(rule.what), _escaped(rule.fix), _escaped(rule.source))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n" + "\n".join(rows) + "\n\n"


def _escaped(text):
    """Braces of templates, bars and brackets are text in the table."""
    return text.replace("|", "\\|").replace("[", "\\[").replace("<", "&lt;").replace("*", "\\*")


def test_the_page_has_the_rules_that_the_code_has():
    page = PAGE.read_text()
    wanted = _MARKED.sub(lambda found: found[1] + table() + found[3], page)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(wanted)
    assert page == wanted, "the rules have changed: UPDATE_DOCS=1 make test SUITE=unit PYTEST='-k rules'"


def test_every_rule_is_whole():
    assert len(RULES) > 30
    for rule in RULES.values():
        assert re.fullmatch(r"MW[0-3]\d\d", rule.id) and rule.level in (ERROR, WARNING)
        assert rule.what and rule.fix and len(rule.source) > 10


def test_the_pre_commit_hook_runs_from_another_repository(tmp_path):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == "mwaa-check" and hook["language"] == "script" and hook["types"] == ["python"]
    script, *arguments = shlex.split(hook["entry"])
    assert os.access(ROOT / script, os.X_OK)
    assert re.search(hook["files"], "dags/a.py") and not re.search(hook["files"], "setup.py")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "helper.py").write_text("NAME = 1\n")
    (tmp_path / "dags" / "a.py").write_text("import helper\nfrom airflow.operators.empty import EmptyOperator\n")
    # what the script becomes, once it has made the command line's environment
    done = subprocess.run(
        [sys.executable, "-m", "mwaa_local", *arguments, "dags/a.py", "dags/helper.py"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"MWAA_STATE": str(tmp_path / "state")},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("dags/a.py:2:1 MW101 ") and "2 files" in done.stdout and "1 error\n" in done.stdout
