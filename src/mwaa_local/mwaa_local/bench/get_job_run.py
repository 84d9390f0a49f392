"""GetJobRun's latency against moto's own server, whose answer comes from memory."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from statistics import median
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from mwaa_local.bench import job
from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.stage import end, start
from mwaa_local.demo import client
from mwaa_local.ports import free_ports

TITLE = "GetJobRun of a run that has ended"
AT_MOST = 1.0
CALLS_A_ROUND = 200
CALLS_IN_TURN = 20


class MotoServer:
    """moto_server on loopback, in an environment of its own."""

    def __init__(self, bench: Bench) -> None:
        self.settings = replace(bench.installed, aws_port=free_ports(1)[0])
        command = [str(bench.installed.venv_python("bench")), "-m", "moto.server"]
        command += ["--host", "127.0.0.1", "--port", str(self.settings.aws_port)]
        # the mark of the shared stack, so that it is found and ended even when we are killed
        marked = bench.shared_stack().native.supervisor.environment()
        with open(bench.folder / "moto.log", "wb") as log:
            self._process: subprocess.Popen[bytes] = start(command, marked, log)

    def client(self) -> Any:
        """A Glue client, once the server answers."""
        glue = client(self.settings, "glue")

        @retry(
            stop=stop_after_delay(60),
            wait=wait_fixed(0.2),
            retry=retry_if_exception_type((BotoCoreError, ClientError)),
            reraise=True,
        )
        def ask() -> None:
            glue.list_jobs()

        ask()
        return glue

    def close(self) -> None:
        end(self._process)


def measure(bench: Bench) -> Report:
    """One boto3 client for each, one connection; the two take turns, 20 calls at a time."""
    ours = _with_ended_run(job.create_job(bench.shared_stack()))
    moto = bench.keep(MotoServer(bench))
    theirs = _with_ended_run(_moto_job(moto.client()))
    for ask in (ours, theirs):
        latencies(ask, CALLS_IN_TURN)
    measured, compared = [], []
    for _ in bench.each_round():
        taken: tuple[list[float], list[float]] = [], []
        for _ in range(CALLS_A_ROUND // CALLS_IN_TURN):
            taken[0].extend(latencies(ours, CALLS_IN_TURN))
            taken[1].extend(latencies(theirs, CALLS_IN_TURN))
        measured.append(median(taken[0]) * 1000)
        compared.append(median(taken[1]) * 1000)
    moto.close()
    line = Line("GetJobRun", "ms", tuple(measured), "moto_server's GetJobRun", tuple(compared), AT_MOST)
    return Report("get-job-run", TITLE, [line], load=bench.load)


def _moto_job(glue: Any) -> Any:
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://bucket/nothing.py"}
    glue.create_job(Name=job.JOB, Role="arn:aws:iam::123456789012:role/role", Command=command)
    return glue


def _with_ended_run(glue: Any) -> Any:
    """A call that asks for one ended run."""
    run_id = glue.start_job_run(JobName=job.JOB)["JobRunId"]

    def ask() -> str:
        return str(glue.get_job_run(JobName=job.JOB, RunId=run_id)["JobRun"]["JobRunState"])

    give_up = time.monotonic() + job.LONGEST_RUN
    while ask() != "SUCCEEDED" and time.monotonic() < give_up:
        time.sleep(job.ASK_EVERY)
    assert ask() == "SUCCEEDED"
    return ask


def latencies(ask: Any, calls: int) -> list[float]:
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return taken
