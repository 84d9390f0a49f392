"""GLUE_RUNTIME=image, with a real engine and real containers. AWS's own image cannot be had everywhere, so another takes its
place: its spark-submit is a few lines of Python that run the script."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack_glue.service.runners.spark import image
from mwaa_local.docker.engine import Engine
from mwaa_local.versions import versions
from tests.glue.service.conftest import BUCKET
from tests.spark.runtime.conftest import SparkAccount
from tests.support.localstack import LocalStack
from tests.support.polling import wait_until

IMAGE = "mwaa-local/test-glue-image:local"
SUBMIT = """#!/usr/local/bin/python3
import runpy, sys
words = sys.argv[1:]
while words[0].startswith("--"):
    words = words[2:]
sys.argv = words
runpy.run_path(words[0], run_name="__main__")
"""
DOCKERFILE = "ARG BASE\nFROM ${BASE}\nCOPY --chmod=755 spark-submit /usr/local/bin/\nUSER 10000\n"
SCRIPT = """
import json, os, socket, sys, urllib.request
try:
    socket.getaddrinfo("glue.us-east-1.amazonaws.com", 443)
    known = "an address"
except OSError:
    known = "no address"
with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_localstack/health", timeout=10) as answer:
    print(json.dumps([answer.status, known, sys.argv[sys.argv.index("--day") + 1]]))
print("to the other log", file=sys.stderr)
sys.exit(int(sys.argv[sys.argv.index("--status") + 1]))
"""


@pytest.fixture(scope="module")
def aws(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkAccount]:
    engine.require()
    folder = tmp_path_factory.mktemp("image")
    (folder / "spark-submit").write_text(SUBMIT)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    chosen = os.environ.get("PYTHON_LOCALSTACK_IMAGE") or versions()["PYTHON_LOCALSTACK_IMAGE"]
    built = engine.run("build", "--quiet", "--build-arg", f"BASE={chosen}", "--tag", IMAGE, str(folder))
    assert built.returncode == 0, built.stderr
    with LocalStack(
        folder / "state", GLUE_RUNTIME="image", GLUE_IMAGE_5_1=IMAGE, GLUE_IMAGE_4_0="none.invalid/x"
    ) as own:
        account = SparkAccount(own)
        account.s3.create_bucket(Bucket=BUCKET)
        yield account
        own.stop()
    engine.run("image", "rm", "--force", IMAGE)


def containers(engine: Engine, run_id: str) -> list[str]:
    return engine.run("ps", "--all", "--quiet", "--filter", f"label=mwaa-local.glue-run={run_id}").stdout.split()


def test_the_script_runs_in_the_image_and_its_end_is_the_runs(aws: SparkAccount, engine: Engine) -> None:
    arguments = {"--day": "2023-05-01", "--status": "0"}
    run = aws.result(SCRIPT, None, Arguments=arguments)
    assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
    assert json.loads(aws.output(run)) == [200, "no address", "2023-05-01"]
    said = aws.output(run, "error")
    assert f"Glue 5.1: in AWS's image {IMAGE}. " in said and "to the other log" in said
    assert containers(engine, run["Id"]) == []
    failed = aws.result(SCRIPT, None, Arguments=arguments | {"--status": "3"})
    assert (failed["JobRunState"], failed["ErrorMessage"]) == ("FAILED", "Command failed with exit code 3")


def test_a_stopped_run_leaves_no_container(aws: SparkAccount, engine: Engine) -> None:
    name = aws.spark_job("import signal, time\nsignal.signal(15, print)\nprint('up')\nwhile True: time.sleep(9)", None)
    run_id = aws.start(name)
    wait_until(lambda: "up" in aws.output({"Id": run_id}), 60, "the script runs")
    assert len(containers(engine, run_id)) == 1
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert aws.ended(name, run_id)["JobRunState"] == "STOPPED"
    wait_until(lambda: containers(engine, run_id) == [], 20, "the container is gone")


def test_an_image_that_cannot_be_had_is_a_line_in_the_log(aws: SparkAccount) -> None:
    """And the job goes on in the own runtime; it is stopped here, for that may not be installed."""
    name = aws.spark_job("print('ran')", "4.0")
    run_id = aws.start(name)
    words = "GLUE_RUNTIME=image: none.invalid/x is not used ("
    wait_until(lambda: words in aws.output({"Id": run_id}, "error"), 60, "the log says so")
    wait_until(lambda: "Glue 4.0" in aws.output({"Id": run_id}, "error"), 60, "the own runtime begins")
    aws.glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    aws.ended(name, run_id)


def test_without_an_engine_its_own_words_say_so(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    assert "none.sock" in image.cannot_be_had("any", environment)
