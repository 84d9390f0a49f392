"""Carries out a plan against a real LocalStack whose state lies on a disk of its own.

    soak = Soak(plan, localstack, disk, proofs)
    soak.run()
    problems = verdicts.judge(soak)

Starters start and stop runs, as fast as they are answered; a watcher asks for the runs all the time and notes the
states it is told; blows fall from the thread that calls `run`.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from tests.glue.service.conftest import TERMINAL
from tests.glue.soak.plan import RETRIES, SCRIPT, Plan, PlannedRun
from tests.support.localstack import LocalStack
from tests.support.polling import wait_until
from tests.support.small_disk import SmallDisk

STARTERS = 6
AT_ONCE = 24  # runs in progress; the machine is small
BUCKET = "soak"
LONGEST_END = 180.0  # seconds after the last start
LOOK_AT_ALL = 5.0  # seconds


UNANSWERED = (BotoCoreError, HTTPError, OSError)  # what boto3 raises when LocalStack is killed before or in its answer


@dataclass
class Known:
    """What was done to a run and what was seen of it."""

    id: str
    planned: PlannedRun | None = None
    stop_asked: bool = False  # the answer to BatchStopJobRun may have been lost
    stop_answered: bool = False
    states: list[str] = field(default_factory=list)  # each once, in the order seen


class Soak:
    def __init__(self, plan: Plan, localstack: LocalStack, disk: SmallDisk, proofs: Path) -> None:
        self.plan, self.localstack, self.disk, self.proofs = plan, localstack, disk, proofs
        self.runs: dict[str, Known] = {}
        self.records: dict[str, dict[str, Any]] = {}
        """JobRun of each run, at the end."""
        self.full: list[tuple[float, float]] = []
        self.counts: Counter[str] = Counter()
        self.surprises: list[str] = []
        self._lock = threading.Lock()
        self._todo: queue.SimpleQueue[PlannedRun | None] = queue.SimpleQueue()
        self._started = self._told = 0
        self._progress = threading.Condition()
        self._over = threading.Event()

    def run(self) -> None:
        """All of the plan; returns when every run has ended, or after LONGEST_END."""
        self._prepare()
        workers = [self._thread(self._starter) for _ in range(STARTERS)]
        watcher = self._thread(self._watch)
        for thread in (*workers, watcher):
            thread.start()
        for planned in self.plan.runs:
            self._todo.put(planned)
        for _ in workers:
            self._todo.put(None)
        for blow in self.plan.blows:
            with self._progress:
                self._progress.wait_for(lambda at=blow.after: self._started > at)
            self._tell(blow.after)
            time.sleep(blow.delay)
            self._strike(blow.kill, blow.full, blow.seconds)
        for worker in workers:
            worker.join()
        self._finish()
        self._over.set()
        watcher.join()

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        """One whose own failure is a surprise of the soak."""

        def whole() -> None:
            try:
                work()
            except Exception as problem:
                self.surprises.append(f"the soak's own {work.__name__} ended with {problem!r}")
                raise

        return threading.Thread(target=whole, daemon=True)

    def _tell(self, started: int) -> None:
        """Into the log of a soak that takes an hour."""
        if started // 500 > self._told:
            self._told = started // 500
            print(f"soak: {started} runs started, {dict(self.counts)}", file=sys.__stderr__, flush=True)

    # what is there before

    def _prepare(self) -> None:
        s3, glue = self.localstack.client("s3"), self.localstack.client("glue")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="soak.py", Body=SCRIPT.encode())
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{BUCKET}/soak.py"}
        for name, retries in (("soak", 0), ("soak-retried", RETRIES)):
            glue.create_job(
                Name=name,
                Role="role",
                Command=command,
                MaxRetries=retries,
                ExecutionProperty={"MaxConcurrentRuns": 1000},
            )
        self.localstack.restart()  # a kill must not lose the script: that is not what is tested

    # starters

    def _starter(self) -> None:
        glue = self.localstack.client("glue")
        while (planned := self._todo.get()) is not None:
            self._wait_for_room()
            run = self._start(glue, planned)
            with self._progress:
                self._started += 1
                self._progress.notify_all()
            if run and planned.stop_after is not None:
                time.sleep(planned.stop_after)
                self._stop(glue, run)

    def _start(self, glue: Any, planned: PlannedRun) -> Known | None:
        request: dict[str, Any] = {"Timeout": planned.timeout} if planned.timeout else {}
        while True:
            try:
                answer = glue.start_job_run(
                    JobName=planned.job, Arguments=planned.arguments(str(self.proofs)), **request
                )
            except UNANSWERED:  # killed: nobody knows whether there is a run; if there is, it is judged as any other
                self.counts["start unanswered"] += 1
                time.sleep(0.2)
            except ClientError as problem:
                self._refused("StartJobRun", problem)
                time.sleep(0.2)
            else:
                self.counts["started"] += 1
                with self._lock:
                    known = self.runs.setdefault(answer["JobRunId"], Known(answer["JobRunId"]))
                    known.planned = planned
                return known

    def _stop(self, glue: Any, run: Known) -> None:
        assert run.planned
        for _ in range(200):
            run.stop_asked = True
            try:
                answer = glue.batch_stop_job_run(JobName=run.planned.job, JobRunIds=[run.id])
            except (*UNANSWERED, ClientError) as problem:
                if isinstance(problem, ClientError):
                    self._refused("BatchStopJobRun", problem)
                time.sleep(0.2)
                continue
            if answer["SuccessfulSubmissions"]:
                run.stop_answered = True
                self.counts["stopped"] += 1
            elif "JobRunInTerminalState" not in answer["Errors"][0]["ErrorDetail"]["ErrorCode"]:
                self.surprises.append(f"BatchStopJobRun of {run.id}: {answer['Errors']}")
            return

    def _refused(self, operation: str, problem: ClientError) -> None:
        """A full disk is AWS's InternalServiceException, and nothing else is refused."""
        answer = problem.response
        self.counts[f"{operation} refused"] += 1
        status, code = answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]
        if (status, code) != (500, "InternalServiceException"):
            self.surprises.append(f"{operation}: {status} {answer['Error']}")

    def _wait_for_room(self) -> None:
        def room() -> bool:
            with self._lock:
                return sum(not (TERMINAL & set(run.states)) for run in self.runs.values()) < AT_ONCE

        with suppress(AssertionError):  # the verdict will tell
            wait_until(room, LONGEST_END, "fewer runs in progress", interval=0.05)

    # the watcher

    def _watch(self) -> None:
        """Looks at the newest runs often, and now and then at all: while LocalStack is away, many may end unseen."""
        glue = self.localstack.client("glue")
        looked_at_all = time.monotonic()
        while not self._over.wait(0.1):
            all_of_them = time.monotonic() > looked_at_all + LOOK_AT_ALL
            for job in ("soak", "soak-retried"):
                try:
                    self._note(all_runs(glue, job) if all_of_them else newest_runs(glue, job))
                except (*UNANSWERED, ClientError):
                    pass
            if all_of_them:
                looked_at_all = time.monotonic()

    def _note(self, records: list[dict[str, Any]]) -> None:
        with self._lock:
            for record in records:
                known = self.runs.setdefault(record["Id"], Known(record["Id"]))
                if not known.states or known.states[-1] != record["JobRunState"]:
                    known.states.append(record["JobRunState"])

    # blows

    def _strike(self, kill: bool, full: bool, seconds: float) -> None:
        began = time.time()
        if full:
            self.counts["full disks"] += 1
            self.disk.fill()
        if kill:
            self.counts["kills"] += 1
            self.localstack.crash()
            self._start_again()
        if full:
            time.sleep(max(0.0, began + seconds - time.time()))
            self.disk.free()
            self.full.append((began, time.time()))

    def _start_again(self) -> None:
        """On a full disk LocalStack may refuse to start, and then starts when there is room."""
        try:
            self.localstack.start()
        except AssertionError:
            if not self.disk.full:
                raise
            self.counts["starts refused on a full disk"] += 1
            self.disk.free()
            self.localstack.start()

    # the end

    def _finish(self) -> None:
        glue = self.localstack.client("glue")

        def all_ended() -> bool:
            records = [record for job in ("soak", "soak-retried") for record in all_runs(glue, job)]
            self._note(records)
            self.records = {record["Id"]: record for record in records}
            return all(record["JobRunState"] in TERMINAL for record in records)

        with suppress(AssertionError):  # the verdict will tell
            wait_until(all_ended, LONGEST_END, "all runs have ended", interval=0.5)


def newest_runs(glue: Any, job: str) -> list[dict[str, Any]]:
    return list(glue.get_job_runs(JobName=job, MaxResults=200)["JobRuns"])


def all_runs(glue: Any, job: str) -> list[dict[str, Any]]:
    """Every page of GetJobRuns."""
    found, token = [], None
    while True:
        page = glue.get_job_runs(JobName=job, **({"NextToken": token} if token else {}))
        found += page["JobRuns"]
        token = page.get("NextToken")
        if not token:
            return found
