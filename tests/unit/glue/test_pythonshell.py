"""Python shell jobs, the parts that need no LocalStack: settings, arguments, names of files, how a failure is told."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_glue.service import arguments
from localstack_glue.service.runners import CannotStart, endings, interpreters, layers, libraries
from localstack_glue.service.settings import Settings

PYTHON = os.path.realpath(sys.executable)


def settings(**environment):
    return Settings.from_environment(environment)


# --- settings


def test_an_index_of_uv_is_told_to_pip_and_pips_own_wins():
    found = settings(UV_DEFAULT_INDEX="http://u/", UV_EXTRA_INDEX_URL="http://e/", PIP_TARGET="/t", PIP_RETRIES="3")
    assert dict(found.index) == {"PIP_INDEX_URL": "http://u/", "PIP_EXTRA_INDEX_URL": "http://e/", "PIP_RETRIES": "3"}
    assert dict(settings(UV_INDEX_URL="http://u/", PIP_INDEX_URL="http://p/").index) == {"PIP_INDEX_URL": "http://p/"}
    assert settings(PIP_INDEX_URL="").index == ()


def test_memory_limits_are_on_unless_switched_off():
    assert [
        settings(**given_).memory_limits for given_ in ({}, {"GLUE_MEMORY_LIMITS": "1"}, {"GLUE_MEMORY_LIMITS": "0"})
    ] == [
        True,
        True,
        False,
    ]


# --- interpreters


@pytest.mark.parametrize("asked, version", [("3.9", "3.9"), ("3", "3.6"), ("3.6", "3.6")])
def test_a_version_has_its_interpreter_and_its_endpoint_table(tmp_path, asked, version):
    (tmp_path / "endpoints.json").write_text("{}")
    options = {f"python_{version.replace('.', '')}": PYTHON, f"aws_data_{version.replace('.', '')}": str(tmp_path)}
    found = interpreters.choose({"PythonVersion": asked}, replace(settings(), **options))
    assert (found.version, found.path, found.aws_data) == (version, PYTHON, str(tmp_path))


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, "GLUE_PYTHONSHELL_36_PYTHON is not set.*optional.*pyenv install 3.6.*make up.*3.9"),
        ({"python_36": "/nowhere/python"}, "GLUE_PYTHONSHELL_36_PYTHON is /nowhere/python"),
        ({"python_36": PYTHON}, "endpoint table .* is missing: GLUE_PYTHONSHELL_36_AWS_DATA is not set"),
        ({"python_36": PYTHON, "aws_data_36": "/nowhere"}, "GLUE_PYTHONSHELL_36_AWS_DATA is /nowhere"),
    ],
)
def test_without_interpreter_or_table_nothing_is_run(options, message):
    with pytest.raises(CannotStart, match=message):
        interpreters.choose({"PythonVersion": "3"}, replace(settings(), **options))


# --- arguments


def test_an_empty_value_is_left_out():
    assert arguments.argv({"--a": "1", "--enable-metrics": "", "--b": "2"}) == [
        "--a",
        "1",
        "--enable-metrics",
        "--b",
        "2",
    ]


@pytest.mark.parametrize("value", ["a\0b", "x" * arguments.LONGEST_ARGUMENT, "é" * (arguments.LONGEST_ARGUMENT // 2)])
def test_what_no_program_can_be_given_is_named(value):
    assert "--bad" in arguments.unusable({"--good": "1", "--bad": value})
    assert arguments.unusable({"--good": value[:1] if "\0" not in value else ""}) == ""


# --- libraries


@given(st.text())
def test_no_key_makes_a_name_that_leads_elsewhere(key):
    name = libraries.file_name(f"s3://bucket/{key}")
    assert name not in ("", ".", "..") and "/" not in name and "\0" not in name
    assert len(name.encode("utf-8", "replace")) <= 255


@pytest.mark.parametrize(
    "text, items",
    [
        ("a==1, b ,,c", ["a==1", "b", "c"]),
        ("dask[array,test]==1,b", ["dask[array,test]==1", "b"]),
        ("", []),
        (" , ", []),
    ],
)
def test_a_list_is_split_at_its_commas(text, items):
    assert libraries.listed(text) == items


@pytest.mark.parametrize(
    "entry, pinned",
    [("a==1.0", True), ("a[x,y]==1.0+local", True), ("a", False), ("a>=1", False), ("a==1 --upgrade", False)],
)
def test_only_an_exact_version_is_the_same_tomorrow(entry, pinned):
    assert libraries._of_words(entry, "--x").pinned is pinned


def test_wishes_add_up():
    pinned, open_ = layers.Wishes(("a==1",), ("a==1",)), layers.Wishes(("b",), ("b",), pinned=False)
    assert pinned + open_ == layers.Wishes(("a==1", "b"), ("a==1", "b"), pinned=False)


# --- how a failure is told

TRACEBACK = 'Traceback (most recent call last):\n  File "s.py", line 1, in <module>\n'


@pytest.mark.parametrize(
    "status, stderr, message",
    [
        (1, TRACEBACK + "ValueError: no\n", "ValueError: no"),
        (1, TRACEBACK + "ValueError: no\nbye from atexit\n", "ValueError: no"),
        (1, "Exception in thread Thread-1:\n" + TRACEBACK + "ValueError: no\n", "Command failed with exit code 1"),
        (1, "no rows\n", "Command failed with exit code 1"),
        (1, TRACEBACK, "Command failed with exit code 1"),
        (1, "SyntaxError: told by the script\nand more\n", "Command failed with exit code 1"),
        (2, TRACEBACK + "ValueError: no\n", "Command failed with exit code 2"),
        (130, TRACEBACK + "KeyboardInterrupt\n", "KeyboardInterrupt"),
        (130, TRACEBACK + "ValueError: no\n", "Command failed with exit code 130 (SIGINT)"),
        (139, "", "Command failed with exit code 139 (SIGSEGV)"),
        (255, "", "Command failed with exit code 255"),
    ],
)
def test_the_exception_that_ended_the_script_else_the_exit_code(tmp_path, status, stderr, message):
    (tmp_path / "stderr").write_text(stderr)
    assert endings.failure(SimpleNamespace(folder=tmp_path), status) == message


def test_without_an_error_log_there_is_the_exit_code(tmp_path):
    assert endings.failure(SimpleNamespace(folder=tmp_path), 1) == "Command failed with exit code 1"
