"""getResolvedOptions of Spark jobs: the rules of Python shell jobs, and an Exception where those end."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.spark.awsglue.conftest import LIBS
from tests.support.spark import EVERY, python

CODE = """
import json, sys
from awsglue.utils import GlueArgumentError, getResolvedOptions
try:
    print(json.dumps(getResolvedOptions(sys.argv, json.loads(sys.argv.pop(1)))))
except Exception as problem:
    print(json.dumps([type(problem).__name__, str(problem)]))
"""


@pytest.fixture(params=["", *EVERY], ids=lambda version: version or "ours")
def resolve(request):
    interpreter = python(request.param) if request.param else sys.executable

    def call(words, names):
        command = [str(interpreter), "-c", CODE, json.dumps(names), *words]
        done = subprocess.run(command, env={"PYTHONPATH": str(LIBS)}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


def test_arguments_are_found(resolve):
    found = resolve(
        ["--JOB_NAME", "j", "--my-key=v", "--TempDir", "s3://b/t", "--JOB_RUN_ID", "jr"], ["JOB_NAME", "my-key"]
    )
    assert (found["JOB_NAME"], found["my_key"], found["TempDir"], found["JOB_RUN_ID"]) == ("j", "v", "s3://b/t", "jr")


def test_a_missing_argument_is_an_exception(resolve):
    kind, text = resolve(["--a", "1"], ["a", "b"])
    assert kind == "GlueArgumentError" and "--b" in text


def test_a_reserved_argument_is_an_exception(resolve):
    assert resolve(["--JOB_RUN_ID", "x"], ["JOB_RUN_ID"]) == ["RuntimeError", "Using reserved arguments JOB_RUN_ID"]
