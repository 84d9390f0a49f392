"""awsglue.utils as jobs see it, in every interpreter at hand."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from localstack_glue.service.runners.pythonshell import JOB_LIBS
from tests.unit.glue.conftest import ROOT

SERVICE = ROOT / "src/localstack_glue/localstack_glue/service"
INTERPRETERS = [sys.executable, *map(str, (ROOT / ".local/venvs").glob("*/bin/python"))]


@pytest.fixture
def resolve(monkeypatch):
    monkeypatch.syspath_prepend(str(JOB_LIBS))
    from awsglue.utils import getResolvedOptions

    return lambda words, names: getResolvedOptions(["script.py", *words], names)


def test_named_options_are_found_and_others_ignored(resolve):
    found = resolve(["--a", "1", "--other", "x", "--target-date=2026-01-01", "--a", "2"], ["a", "target-date"])
    assert (found["a"], found["target_date"], "other" in found) == ("2", "2026-01-01", False)


def test_temp_dir_may_be_absent_and_bookmarks_are_disabled(resolve):
    found = resolve([], ["TempDir"])
    assert (found["TempDir"], found["job_bookmark_option"]) == (None, "job-bookmark-disable")
    assert resolve(["--TempDir", "s3://t/"], ["TempDir"])["TempDir"] == "s3://t/"


@pytest.mark.parametrize(
    ("words", "names", "error", "text"),
    [
        ([], ["a"], "GlueArgumentError", "the following arguments are required: --a"),
        (["--a"], ["a"], "GlueArgumentError", "expected one argument"),
        (["--a", "--b"], ["a"], "GlueArgumentError", "expected one argument"),
        ([], ["JOB_RUN_ID"], "RuntimeError", "Using reserved arguments JOB_RUN_ID"),
    ],
)
def test_what_aws_refuses_is_refused(resolve, words, names, error, text):
    with pytest.raises(Exception, match=text) as caught:
        resolve(words, names)
    assert caught.typename == error


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_it_works_in_this_interpreter(interpreter):
    code = "import sys; from awsglue.utils import getResolvedOptions as g; print(g(sys.argv, ['x'])['x'])"
    done = subprocess.run([interpreter, "-c", code, "--x", "1"], env={"PYTHONPATH": str(JOB_LIBS)}, capture_output=True)
    assert (done.stdout, done.stderr) == (b"1\n", b"")


def test_only_the_provider_imports_more_than_the_standard_library():
    for path in SERVICE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) if n.level == 0}
        foreign = {name.split(".")[0] for name in names} - sys.stdlib_module_names
        assert path.name == "provider.py" or not foreign, f"{path} imports {foreign}"


def test_the_inner_modules_import_on_python_39():
    interpreter = ROOT / ".local/venvs/glue-pythonshell-3.9/bin/python"
    if not interpreter.exists():
        pytest.skip("no Python 3.9 here")
    code = "import localstack_glue.service.runner, localstack_glue.service.jobs, localstack_glue.service.validation"
    subprocess.run([interpreter, "-c", code], env={"PYTHONPATH": str(ROOT / "src/localstack_glue")}, check=True)
