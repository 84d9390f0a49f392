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


# What modules, or all of a folder, may import within functions. crawl/ runs in a process of its own.
LAZILY = {
    "catalog": {"moto", "regex"},
    "coverage": {"botocore"},
    "crawl": {"aws_local", "boto3", "botocore"},
    "formats": {"pyarrow"},
}


def foreign(imports):
    """The packages, beside the standard library, that these statements import."""
    imports = list(imports)
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names


def test_only_the_provider_imports_more_than_the_standard_library():
    """At its top, that is: within functions, the catalog imports moto, and crawls what they read with."""
    for path in SERVICE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        top = foreign(node for node in imports if node.col_offset == 0)
        within = foreign(imports) - top
        allowed = LAZILY.get(path.stem) or LAZILY.get(path.parent.name) or set()
        assert path.name == "provider.py" or not top, f"{path} imports {top}"
        assert path.name == "provider.py" or within <= allowed, f"{path} imports {within}"


def test_the_inner_modules_import_on_python_39():
    interpreter = ROOT / ".local/venvs/glue-pythonshell-3.9/bin/python"
    if not interpreter.exists():
        pytest.skip("no Python 3.9 here")
    code = "import localstack_glue.service.runner, localstack_glue.service.jobs, localstack_glue.service.validation"
    subprocess.run([interpreter, "-c", code], env={"PYTHONPATH": str(ROOT / "src/localstack_glue")}, check=True)
