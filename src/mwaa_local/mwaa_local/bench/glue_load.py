"""Glue under load: what running and finished runs cost the others, in time and in memory.

The role `localstack` alone, twice: one stays empty but for a single ended run, the other gets thousands of runs.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from mwaa_local.bench import get_job_run, job
from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.stage import OwnState, end, start
from mwaa_local.demo import client
from mwaa_local.errors import LocalError, NotReady
from mwaa_local.native.stack import NativeStack
from mwaa_local.settings import ROOT, Settings
from mwaa_local.up import with_ports

TITLE = "Glue with 50 runs in progress, and with 1,000 to 5,000 behind it"
RUNNING, FEW, MANY = 50, 1000, 5000
SLOWER_AT_MOST, LARGER_AT_MOST = 1.5, 1.15
START_AT_MOST = 100.0  # milliseconds
LONGEST_START = 90.0  # seconds
AT_ONCE = 8
MOST_IN_A_CALL = 25  # run ids that BatchStopJobRun takes
SETTLE = 25.0  # seconds: the collector is at work from 20 s after the start on
# Says when its first statement was reached; prints, as jobs do.
SCRIPT = b"""import time; now = time.time()
import sys
print("line")
for name, value in zip(sys.argv[1::2], sys.argv[2::2]):
    if name == "--when": open(value, "w").write(str(now))
    if name == "--sleep": time.sleep(float(value))
"""


class GlueService(OwnState):
    """LocalStack alone, with the job `bench-nothing`."""

    def __init__(self, folder: Path, installed: Settings) -> None:
        super().__init__(folder, installed)
        self.settings = with_ports(replace(self.settings, mode="native"))
        self.glue = self.client("glue")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> GlueService:
        """Returns when it answers."""
        native = NativeStack(self.settings, self.secrets["MWAA_ENV_ID"])
        native.prepare()
        for _ in range(2):  # the first one builds the index of all services in its memory; what counts is the next
            if self._process:
                end(self._process)
            with open(self.folder / "localstack.log", "wb") as log:
                environment = dict(native.supervisor.environment())
                self._process = start([str(ROOT / "stack" / "bin" / "localstack")], environment, log)
            self._wait(self._process)
        self._create_job()
        return self

    def client(self, service: str) -> Any:
        return client(self.settings, service)

    def start_run(self, **arguments: str) -> str:
        given = {f"--{name}": value for name, value in arguments.items()}
        return str(self.glue.start_job_run(JobName=job.JOB, Arguments=given)["JobRunId"])

    def state(self, run_id: str) -> str:
        return str(self.glue.get_job_run(JobName=job.JOB, RunId=run_id)["JobRun"]["JobRunState"])

    def wait_for(self, run_id: str, *states: str) -> None:
        """Raises LocalError."""
        give_up = time.monotonic() + job.LONGEST_RUN
        while (state := self.state(run_id)) not in states:
            if state == "FAILED" or time.monotonic() > give_up:
                raise LocalError(f"The run {run_id} is {state}; wanted: {' or '.join(states)}", "make bench again")
            time.sleep(job.ASK_EVERY)

    def run_to_its_end(self, _: int = 0) -> str:
        run_id = self.start_run()
        self.wait_for(run_id, "SUCCEEDED")
        return run_id

    def megabytes(self) -> float:
        assert self._process
        return float(psutil.Process(self._process.pid).memory_info().rss / 1e6)

    def close(self) -> None:
        if self._process:
            end(self._process)
        self.sweep()

    def _create_job(self) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=job.BUCKET)
        s3.put_object(Bucket=job.BUCKET, Key="load.py", Body=SCRIPT)
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{job.BUCKET}/load.py"}
        many = {"MaxConcurrentRuns": 1000}
        self.glue.create_job(Name=job.JOB, Role="role", Command=command, MaxCapacity=0.0625, ExecutionProperty=many)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + LONGEST_START
        while time.monotonic() < give_up and process.poll() is None:
            try:
                self.glue.list_jobs()
                return
            except (BotoCoreError, ClientError):
                time.sleep(0.2)
        raise NotReady("localstack", "does not answer", self.folder / "localstack.log")


def measure(bench: Bench) -> Report:
    """Both stand by all the time; what is compared takes turns."""
    bench.tell("starting two services")
    empty, loaded = (bench.keep(GlueService(bench.folder / name, bench.installed)).start() for name in ("a", "b"))
    alone = empty.run_to_its_end()
    time.sleep(SETTLE)
    first = _finish(bench, loaded, 0, FEW)
    after_few = loaded.megabytes()
    few_page = _page(loaded)
    bench.tell(f"starting {RUNNING} runs that stay")
    staying = [loaded.start_run(sleep="3600") for _ in range(RUNNING)]
    for run_id in staying:
        loaded.wait_for(run_id, "RUNNING")
    latency, compared, overhead, overhead_loaded = [], [], [], []
    for _ in bench.each_round():
        ours, theirs = _latencies(loaded, first), _latencies(empty, alone)
        latency.append(ours)
        compared.append(theirs)
        overhead.append(_overhead(bench, empty))
        overhead_loaded.append(_overhead(bench, loaded))
    for few in range(0, RUNNING, MOST_IN_A_CALL):
        loaded.glue.batch_stop_job_run(JobName=job.JOB, JobRunIds=staying[few : few + MOST_IN_A_CALL])
    for run_id in staying:
        loaded.wait_for(run_id, "STOPPED")
    _finish(bench, loaded, FEW, MANY)
    after_many = loaded.megabytes()
    many_page = _page(loaded)
    load = f", {RUNNING} running, {FEW} ended"
    limit = (f"the {START_AT_MOST:.0f} ms wanted", (START_AT_MOST,), 1.0)
    lines = [
        Line(f"GetJobRun{load}", "ms", tuple(latency), "an empty service", tuple(compared), SLOWER_AT_MOST),
        Line("start to first statement, minus python's own, empty", "ms", tuple(overhead), *limit),
        Line(f"the same{load}", "ms", tuple(overhead_loaded), *limit),
        Line(f"memory (RSS) after {MANY} runs", "MB", (after_many,), f"after {FEW}", (after_few,), LARGER_AT_MOST),
        Line("  for each run between", "kB", ((after_many - after_few) * 1000 / (MANY - FEW),)),
        Line(f"a page of GetJobRuns, {MANY} runs", "ms", many_page, f"{FEW} runs", few_page),
    ]
    return Report("glue-load", TITLE, lines, load=bench.load)


def _finish(bench: Bench, service: GlueService, have: int, wanted: int) -> str:
    """Runs to their end, a few at once; returns the id of one."""
    step = 250
    run_id = ""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in range(have, wanted, step):
            bench.tell(f"{done} of {wanted} runs")
            run_id = list(pool.map(service.run_to_its_end, range(min(step, wanted - done))))[-1]
    return run_id


def _latencies(service: GlueService, run_id: str) -> float:
    """Median of GetJobRun, in ms."""
    return median(get_job_run.latencies(lambda: service.state(run_id), get_job_run.CALLS_A_ROUND)) * 1000


def _page(service: GlueService) -> tuple[float, ...]:
    """Milliseconds of each page, newest to oldest."""
    taken, token = [], None
    while True:
        begun = time.perf_counter()
        page = service.glue.get_job_runs(JobName=job.JOB, MaxResults=200, **({"NextToken": token} if token else {}))
        taken.append((time.perf_counter() - begun) * 1000)
        token = page.get("NextToken")
        if not token:
            return tuple(taken)


def _overhead(bench: Bench, service: GlueService) -> float:
    """Milliseconds from StartJobRun to the script's first statement, less those of the interpreter by hand: median."""
    script, when = bench.folder / "load.py", bench.folder / "when.txt"
    script.write_bytes(SCRIPT)
    interpreter, _ = job.interpreters(bench.installed)

    def by_hand() -> None:
        command = [str(interpreter), str(script), "--when", str(when)]
        subprocess.run(command, check=True, env={"LANG": "C.UTF-8"}, capture_output=True)

    def as_job() -> None:
        service.wait_for(service.start_run(when=str(when)), "SUCCEEDED")

    taken = [_first_statement(as_job, when) - _first_statement(by_hand, when) for _ in range(job.RUNS_A_ROUND)]
    return median(taken) * 1000


def _first_statement(work: Callable[[], None], when: Path) -> float:
    begun = time.time()
    work()
    return float(json.loads(when.read_text())) - begun
