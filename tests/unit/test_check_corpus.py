"""Every file of tests/dags/corpus gets the verdict that its first line names, and so do files that are not well."""

from __future__ import annotations

import re

import pytest

from mwaa_local.check import one, project
from mwaa_local.check.index import Index
from mwaa_local.settings import ROOT

CORPUS = ROOT / "tests" / "dags" / "corpus"
FILES = sorted(CORPUS.rglob("*.py"))
INDEX = Index.load()
PROJECT = project.read(CORPUS)


def expected(path):
    """The rules that a file's first line names; none for `ok`."""
    found = re.match(rb"# expect: ((?:MW\d{3} ?)+|ok\b)", path.read_bytes())
    assert found, f"{path.name} does not say what is expected of it"
    return [] if found[1] == b"ok" else sorted(found[1].decode().split())


def rules_of(content, **more):
    return sorted({finding.rule for finding in one.check(content, INDEX, more.pop("project", PROJECT), **more)})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_a_file_of_the_corpus_gets_its_verdict(path):
    kind = path.relative_to(CORPUS).parts[0]
    found = one.check(path.read_bytes(), INDEX, PROJECT, kind, path.stem)
    assert sorted({finding.rule for finding in found}) == expected(path), [str(finding) for finding in found]


def test_the_corpus_is_half_right_and_half_wrong():
    right = [path for path in FILES if not expected(path)]
    assert len(FILES) >= 60 and abs(len(right) / len(FILES) - 0.5) < 0.1


def test_every_rule_has_a_file_in_the_corpus():
    from mwaa_local.check.finding import RULES

    # MW004 is of files that nobody wants in a repository: below
    assert {rule for path in FILES for rule in expected(path)} == set(RULES) - {"MW004"}


def test_this_repositorys_own_dags_are_clean():
    own = project.read(ROOT)
    files = sorted((ROOT / "dags").rglob("*.py"))
    assert files
    assert {path.name: one.check(path.read_bytes(), INDEX, own) for path in files} == {path.name: [] for path in files}


HEAD = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\ndag = DAG('d')\n"
UNWELL = {
    "empty": (b"", []),
    "byte order mark": (b"\xef\xbb\xbf" + HEAD.encode(), []),
    "UTF-16": (HEAD.encode("utf-16"), ["MW001"]),
    "Latin 1": (b"x = '\xe9'\n", ["MW001"]),
    "NUL": (b"x = 1\n\0", ["MW001"]),
    "unknown coding line": (b"# -*- coding: nonsense -*-\nx = 1\n", ["MW001"]),
    "control character": (b"x = 1 \x1b[31m\n", ["MW001"]),
    "carriage returns": (HEAD.replace("\n", "\r").encode(), []),
    "carriage returns and line feeds": (HEAD.replace("\n", "\r\n").encode(), []),
    "unterminated": (b"x = '''abc\n", ["MW001"]),
    "tabs and spaces": (b"if 1:\n\tx = 1\n        y = 2\n", ["MW001"]),
    "megabytes": (b"X = '" + b"a" * 3_000_000 + b"'\n", ["MW004"]),
    "95 brackets": (b"x = " + b"[" * 95 + b"1" + b"]" * 95 + b"\n", ["MW004"]),
    "85 brackets": (b"x = " + b"[" * 85 + b"1" + b"]" * 85 + b"\n", []),
    "5000 brackets": (b"x = " + b"(" * 5000 + b"1" + b")" * 5000 + b"\n", ["MW004"]),
    "150 blocks": ("".join(" " * n + "if 1:\n" for n in range(150)) + " " * 150 + "pass\n", ["MW004"]),
    "a sum of 500": (b"x = " + b"+".join([b"1"] * 500) + b"\n", []),
    "a sum of 20000": (b"x = " + b"+".join([b"1"] * 20000) + b"\n", ["MW004"]),
    "5000 elif": ("if a: pass\n" + "elif a: pass\n" * 5000, ["MW004"]),
    "a list of 20000": (b"x = [" + b"1,\n" * 20000 + b"]\n", []),
    "aliases of aliases": (
        HEAD + "t0 = BashOperator\n" + "".join(f"t{n} = t{n - 1}\n" for n in range(1, 3000)) + "t2999.partial()\n",
        [],
    ),
}


@pytest.mark.parametrize("what", UNWELL)
def test_a_file_that_is_not_well_gets_a_verdict(what):
    content, wanted = UNWELL[what]
    assert rules_of(content if isinstance(content, bytes) else content.encode()) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "x = f'{{min={min}}} {a == b} n={n}'",
        "x = (1, *y)",
        "with (open(a)) as b, (open(c)) as d: pass",
        "with (yield_(a)): pass",
        "with ((a)): pass",
        "@a.b.c(1)\ndef f(): pass",
        "def f():\n  return (1, *x)",
        "match = case = type = 1",
        "print(*a, sep='')",
        "while x:\n  try: pass\n  finally:\n    for y in z:\n      continue",
    ],
)
def test_what_python_3_7_reads_is_no_later_syntax(text):
    assert rules_of(text.encode() + b"\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "if (a := 1): pass",
        "def f(a, /): pass",
        "lambda a, /: 1",
        "x = f'{a=}'",
        "x = f'{a.b!r} {a.b = !r:>5}'",
        "x = f'{{{a=}}}'",
        "with (open(a) as b): pass",
        "with (open(a) as b, open(c) as d): pass",
        "with (\n    open(a) as b,  # (\n    open(c) as d,\n): pass",
        "with ((a) as b, c): pass",
        "@a[0].b\ndef f(): pass",
        "def f():\n  return 1, *x",
        "for x in y:\n  try: pass\n  finally:\n    continue",
        "match x:\n  case 1: pass",
        "try: pass\nexcept* ValueError: pass",
        "type X = int",
        "def f[T](x: T): pass",
    ],
)
def test_what_a_later_python_reads(text):
    """Also where this Python itself does not read it."""
    assert rules_of(text.encode() + b"\n") == ["MW002"]


def test_ten_thousand_tasks_each_get_their_verdict():
    lines = [
        f"t{n} = BashOperator(task_id='t{n}', bash_command='date', dag=dag, verbose=True)\n" for n in range(10_000)
    ]
    found = one.check((HEAD + "".join(lines)).encode(), INDEX, PROJECT)
    assert [finding.line for finding in found] == list(range(4, 10_004)) and {finding.rule for finding in found} == {
        "MW104"
    }


def test_one_name_for_ten_thousand_tasks_is_no_name_that_is_judged():
    lines = [f"t = BashOperator(task_id='t{n}', bash_command='date', dag=dag)\nt.partial\n" for n in range(10_000)]
    assert rules_of((HEAD + "".join(lines)).encode()) == []


def test_columns_count_characters_and_lines_begin_at_1():
    content = 'import airflow\n설명 = "하루"; airflow.nothing\n'.encode()
    (found,) = one.check(content, INDEX, PROJECT)
    assert (found.line, found.column, found.rule) == (2, 12, "MW102")


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# noqa", []),
        ("#noqa", []),
        ("# NOQA: MW101", []),
        ("# noqa: F401, MW101", []),
        ("# noqa:MW101,MW102", []),
        ("# noqa: F401", ["MW101"]),
        ("# noqa: MW1011", ["MW101"]),
        ("# nothing", ["MW101"]),
    ],
)
def test_noqa(comment, left):
    assert rules_of(f"import airflow.datasets  {comment}\n".encode()) == left


@pytest.mark.parametrize(
    ("line", "since"),
    [
        ("from airflow.providers.amazon.aws.operators.glue import GlueJobOperator", "it came with provider 2.6.0"),
        ("import airflow.datasets", "it came with Airflow 2.4.0"),
        ("from airflow.decorators import task\ntask.branch", "it came with Airflow 2.3.0"),
        ("from airflow import DAG\nDAG('d', schedule=None)", "it came with Airflow 2.4.0"),
        ("from functools import cache", "it came with Python 3.9"),
    ],
)
def test_a_finding_says_which_version_brought_the_name(line, since):
    assert any(since in finding.message for finding in one.check(line.encode() + b"\n", INDEX, PROJECT))


class TestRequirements:
    """What requirements.txt names is not judged."""

    def read(self, folder, *lines):
        (folder / "requirements.txt").write_text("\n".join(lines) + "\n")
        return project.read(folder)

    def test_another_version_of_a_provider_of_mwaa(self, tmp_path):
        content = b"from airflow.providers.amazon.aws.operators.glue import GlueJobOperator\n"
        assert rules_of(content, project=self.read(tmp_path, "apache-airflow-providers-amazon==2.4.0")) == ["MW102"]
        assert rules_of(content, project=self.read(tmp_path, "apache-airflow-providers-amazon==5.1.0")) == []
        assert rules_of(content, project=self.read(tmp_path, "apache_airflow_providers_amazon")) == []

    def test_a_provider_that_mwaa_does_not_install(self, tmp_path):
        content = b"from airflow.providers.ssh.operators.ssh import SSHOperator\n"
        assert rules_of(content, project=self.read(tmp_path, "# nothing")) == ["MW103"]
        assert (
            rules_of(
                content, project=self.read(tmp_path, "apache-airflow-providers-ssh[x]==2.3.0 ; python_version<'4'")
            )
            == []
        )

    def test_a_file_that_it_includes(self, tmp_path):
        (tmp_path / "more.txt").write_text("great-expectations==0.13\n")
        content = b"import great_expectations\nimport other_thing\n"
        found = one.check(content, INDEX, self.read(tmp_path, "-r more.txt", "-c constraints.txt"))
        assert [(finding.line, finding.rule) for finding in found] == [(2, "MW109")]

    def test_another_version_of_a_package_of_mwaas_list(self, tmp_path):
        content = b"from pendulum import Interval\n"
        assert rules_of(content, project=self.read(tmp_path, "pendulum==3.0.0")) == []

    def test_plugins_that_are_loaded_at_once(self, tmp_path):
        content = b"import os\nos.environ['TZ'] = 'UTC'\n"
        assert rules_of(content, project=project.read(tmp_path), kind="plugins", name="zone") == ["MW208"]
        (tmp_path / "airflow-config.yaml").write_text("core.lazy_load_plugins: False\n")
        assert rules_of(content, project=project.read(tmp_path), kind="plugins", name="zone") == []
