"""Spark that is not there yet is installed by the runs that need it: once, visibly, and truthfully if that fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.glue.service.conftest import BUCKET, processes
from tests.spark.runtime.conftest import DATA, SparkAccount
from tests.support.localstack import VENVS, LocalStack
from tests.support.polling import wait_until

pytestmark = pytest.mark.slow

SCRIPT = "import pyspark\nprint(pyspark.__version__)"


def bare(folder: Path, **environment: Any) -> LocalStack:
    """A LocalStack with every environment but those of Spark."""
    (folder / "venvs").mkdir()
    for environment_folder in VENVS.iterdir():
        if not environment_folder.name.startswith("glue-spark"):
            (folder / "venvs" / environment_folder.name).symlink_to(environment_folder)
    return LocalStack(folder, **environment)


def opened(localstack: LocalStack) -> SparkAccount:
    account = SparkAccount(localstack)
    account.s3.create_bucket(Bucket=BUCKET)
    account.s3.create_bucket(Bucket=DATA)
    return account


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[SparkAccount]:
    with bare(tmp_path) as localstack:
        yield opened(localstack)
        localstack.stop()


@pytest.fixture
def without_index(tmp_path: Path) -> Iterator[SparkAccount]:
    """Nothing can be downloaded, and nothing has been."""
    with bare(tmp_path, UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path / "uv-cache")) as localstack:
        yield opened(localstack)
        localstack.stop()


def test_a_stopped_installation_leaves_nothing_and_two_runs_share_the_next(fresh: SparkAccount) -> None:
    name = fresh.spark_job(SCRIPT)
    run_id = fresh.start(name)
    wait_until(lambda: "being installed" in fresh.output({"Id": run_id}, "error"), 60, "the installation begins")
    assert fresh.run(name, run_id)["JobRunState"] == "RUNNING"
    fresh.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert fresh.ended(name, run_id)["JobRunState"] == "STOPPED"
    assert processes(run_id) == set()

    names = [fresh.spark_job(SCRIPT) for _ in range(2)]
    ids = [fresh.start(each) for each in names]
    runs = [fresh.ended(each, run, 500) for each, run in zip(names, ids, strict=True)]
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED"] * 2, [fresh.why(run) for run in runs]
    assert [fresh.output(run) for run in runs] == ["3.3.0"] * 2
    said = "\n".join(fresh.output(run, "error") for run in runs)
    assert said.count("glue-spark-4.0: ready") == 1
    assert said.count("Glue 4.0: Spark 3.3.0") == 2


def test_a_failed_installation_fails_the_run_and_says_what_to_do(without_index: SparkAccount) -> None:
    run = without_index.result(SCRIPT)
    assert run["JobRunState"] == "FAILED"
    message = run["ErrorMessage"]
    assert message.startswith("Spark for Glue 4.0 could not be installed, so nothing was run. error: ")
    assert "uv said" in message and "check that the package index can be reached" in message
    assert without_index.output(run) == ""
