"""awsglue.utils as jobs see it, in every interpreter at hand."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from localstack_glue.service.runners.pythonshell import JOB_LIBS
from tests.unit.glue.conftest import ROOT

SERVICE = ROOT / "src/localstack_glue/localstack_glue/service"
INTERPRETERS = [sys.executable, *map(str, (ROOT / ".local/venvs").glob("*/bin/python"))]
RESERVED = {
    *("job_bookmark_option", "job_bookmark_from", "job_bookmark_to", "continuation_option", "encryption_type"),
    *("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "enable_data_lineage", "TempDir", "RedshiftTempDir"),
}


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


@pytest.mark.parametrize("name", ["TempDir", "RedshiftTempDir"])
def test_the_temporary_folder_has_two_names_and_the_newer_wins(resolve, name):
    found = resolve([f"--{name}", "s3://t/"], [name])
    assert (found["TempDir"], found["RedshiftTempDir"]) == ("s3://t/", "s3://t/")
    found = resolve(["--RedshiftTempDir", "s3://old/", "--TempDir", "s3://new/"], [])
    assert (found["TempDir"], found["RedshiftTempDir"]) == ("s3://new/", "s3://new/")


def test_bookmark_options_are_translated_from_their_older_name(resolve):
    assert (
        resolve(["--continuation-option", "continuation-readonly"], [])["job_bookmark_option"] == "job-bookmark-pause"
    )
    both = ["--continuation-option", "continuation-enabled", "--job-bookmark-option", "job-bookmark-pause"]
    assert resolve(both, [])["job_bookmark_option"] == "job-bookmark-pause"
    assert "continuation_option" not in resolve(both, [])


@pytest.mark.parametrize(
    ("words", "names", "error", "text"),
    [
        ([], ["a"], "GlueArgumentError", "the following arguments are required: --a"),
        (["--a"], ["a"], "GlueArgumentError", "expected one argument"),
        (["--a", "--b"], ["a"], "GlueArgumentError", "expected one argument"),
        ([], ["JOB_RUN_ID"], "RuntimeError", "Using reserved arguments JOB_RUN_ID"),
        (["--job-bookmark-option", "no"], [], "GlueArgumentError", "invalid choice: 'no'"),
        (["--job-bookmark-from", "a", "--job-bookmark-to", "b"], [], "RuntimeError", "job-bookmark-pause alone"),
        (
            ["--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-from", "a"],
            [],
            "RuntimeError",
            "Missing option or value for --job-bookmark-to",
        ),
    ],
)
def test_what_aws_refuses_is_refused(resolve, words, names, error, text):
    with pytest.raises(BaseException, match=text) as caught:
        resolve(words, names)
    assert caught.typename == error


def test_an_error_in_the_arguments_ends_a_script_as_argparse_does(resolve, capsys):
    with pytest.raises(SystemExit) as caught:
        resolve([], ["day"])
    assert caught.value.code == 2 and not isinstance(caught.value, Exception)
    said = capsys.readouterr().err
    assert said.startswith("usage: ") and said.endswith("error: the following arguments are required: --day\n")


def test_an_argument_may_be_shortened_while_it_is_unambiguous(resolve):
    assert resolve(["--tab", "t"], ["table"])["table"] == "t"
    with pytest.raises(SystemExit, match="ambiguous option: --ta could match"):
        resolve(["--ta", "t"], ["table", "target"])


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True).filter(
    lambda name: name.replace("-", "_") not in RESERVED and name not in ("h", "help")
)
values = st.text(min_size=1).filter(lambda value: not value.startswith("-"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(names, st.text().filter(lambda value: value != "--"), max_size=5), st.data())
def test_what_is_given_comes_back(resolve, given_, data):
    """As two words if the value allows it, as one word always; but for "--", which argparse before 3.13 drops, AWS's too."""
    words = []
    for name, value in given_.items():
        two = bool(value) and not value.startswith("-") and data.draw(st.booleans())
        words += [f"--{name}", value] if two else [f"--{name}={value}"]
    found = resolve(words, list(given_))
    wanted = {name.replace("-", "_"): value for name, value in given_.items()}
    assume(len(wanted) == len(given_))
    assert {name: found[name] for name in wanted} == wanted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.one_of(st.text(), st.sampled_from(["--a", "--b", "--", "-", "--TempDir", "--a=", "--job-bookmark-from"]))
    )
)
def test_whatever_the_words_are_it_answers_or_refuses(resolve, words):
    try:
        found = resolve(words, ["a"])
    except (SystemExit, RuntimeError):
        return
    assert isinstance(found["a"], str)


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
