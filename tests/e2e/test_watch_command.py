"""`make watch` beside a running stack: its verdict on what needs none comes first, then that of the tests that do."""

import subprocess
import sys

from mwaa_local.settings import ROOT

DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.dummy import DummyOperator

arguments = {"owner": "me", "retries": 1}
with DAG("small", schedule_interval=None, start_date=datetime(2023, 1, 1), tags=["t"], default_args=arguments) as dag:
    DummyOperator(task_id="nothing")
"""
TESTS = """
def test_quick(dag):
    assert dag("small").tags == ["t"]


def test_glue(glue):
    assert "impressions_sessionise" in glue.list_jobs()["JobNames"]


def test_deployed(deployed):
    with deployed("run_id_walkthrough") as d:
        assert d.runs == []
"""


def test_what_needs_the_stack_comes_after_the_quick_verdict(stack, tmp_path):
    for name, text in (("dags/small.py", DAG), ("tests/test_small.py", TESTS)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, ROOT / "stack" / "bin" / "mwaa-local", "watch", "--once"],
        env=stack.environment | {"MWAA_PROJECT": str(tmp_path)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line.strip() for line in done.stdout.splitlines() if line.startswith("  tests: ")]
    assert told == ["tests: 21 passed; 2 with Glue and S3 to come", "tests: 23 passed"]
