"""The page of coverage is what the code says."""

from __future__ import annotations

import subprocess

import pytest

from tests.spark.awsglue.conftest import LIBS
from tests.support.localstack import ROOT
from tests.support.spark import EVERY, python

PAGE = ROOT / "docs/glue-spark-awsglue.md"


@pytest.mark.parametrize("version", EVERY)
def test_the_page_is_up_to_date(version):
    command = [python(version), "-m", "awsglue.coverage"]
    made = subprocess.run(command, env={"PYTHONPATH": str(LIBS)}, check=True, capture_output=True, text=True).stdout
    assert PAGE.read_text(encoding="utf-8") == made, (
        f"{PAGE.relative_to(ROOT)} is out of date: python -m awsglue.coverage > {PAGE.relative_to(ROOT)}"
    )
