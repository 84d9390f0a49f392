"""`make scale-in` and `make worker-loss`: a worker ends with its tasks, as on MWAA, and what becomes of them.

What is to be expected (user guide, mwaa-autoscaling; Airflow 2.2.2, dag_processing/manager.py and jobs/local_task_job.py): a
task that ends within the grace is as any other. One that is killed stays `running` until nothing was heard of it for
scheduler_zombie_task_threshold seconds; the next look (every 10 s) finds a zombie and fails or retries it. Its message stays
invisible in SQS until the visibility timeout. The Glue run that it waited for knows nothing of all this and goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError
from rich.markup import escape
from rich.table import Table

from mwaa_local import configuration_options
from mwaa_local.airflow import Airflow
from mwaa_local.checked_yaml import BadFile
from mwaa_local.console import err, out
from mwaa_local.demo import client
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings
from mwaa_local.stack import Stack, Worker

THRESHOLD = "scheduler.scheduler_zombie_task_threshold"
GOING_ON = ("STARTING", "RUNNING", "STOPPING", "WAITING")
NOTICED_WITHIN = 60.0  # seconds after the threshold: Airflow looks every 10 s, then the DAG file is parsed once more
LOOK_EVERY = 0.5  # seconds between looks at what the database said last
TAKEN_WITHIN = 20.0  # seconds for a fresh worker to begin what is queued
FIRST_LOOK = 30.0  # seconds for Airflow's database to answer

Key = tuple[str, str, str]


@dataclass
class Affected:
    """A task instance that ran on the worker: its try and job then, what it became, when (monotonic seconds)."""

    key: Key
    try_number: int
    job_id: int
    state: str = "running"
    left_as: str = ""
    now_try: int = 0
    ended: float | None = None
    came_back: float | None = None

    def see(self, task: dict[str, Any], at: float) -> None:
        """Takes note of the task instance as it is now."""
        self.state, self.now_try = str(task["state"] or "none"), task["try_number"]
        same = task["state"] == "running" and task["try_number"] == self.try_number
        if same and task["job_id"] != self.job_id and self.came_back is None:
            self.came_back = at
        if not same and self.ended is None:
            self.ended, self.left_as = at, self.state


@dataclass
class Watched:
    """What Airflow's database says, kept up to date by a thread of its own."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    affected: dict[Key, Affected] = field(default_factory=dict)
    first: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def take(self, tasks: list[dict[str, Any]]) -> None:
        self.tasks = tasks
        for task in tasks:
            if (known := self.affected.get(_key(task))) is not None:
                known.see(task, time.monotonic())
        self.first.set()

    def add_running_on(self, host: str) -> None:
        """Tasks that the worker runs now, and that were not known yet."""
        for task in self.tasks:
            if task["state"] == "running" and (not host or str(task["hostname"]).startswith(host)):
                self.affected.setdefault(_key(task), Affected(_key(task), task["try_number"], task["job_id"]))

    def queued(self) -> set[Key]:
        return {_key(task) for task in self.tasks if task["state"] == "queued"}

    def still_running(self) -> list[Affected]:
        return [one for one in self.affected.values() if one.ended is None]


def end_a_worker(stack: Stack, grace: float, follow: bool) -> int:
    """Ends one worker (`grace` 0: without warning) and tells what becomes of its tasks; returns 1 if one was not noticed.

    Raises LocalError where there are no workers, or where the local AWS does not answer.
    """
    try:
        return _drill(stack, grace, follow)
    except BotoCoreError as error:
        raise LocalError(f"The local AWS does not answer: {error}", "make status") from error


def _drill(stack: Stack, grace: float, follow: bool) -> int:
    if stack.settings.executor != "celery":
        raise LocalError(f"EXECUTOR={stack.settings.executor} has no workers.", "make up EXECUTOR=celery")
    worker = stack.a_worker()
    with _watching(Airflow(stack)) as watched:
        watched.add_running_on(worker.host)
        runs = GlueRuns(stack.settings)
        _tell_before(watched, runs, worker.id)
        stopped = _end(stack, worker, watched, grace)
        time.sleep(2 * LOOK_EVERY)  # until what ended in the last moment is known
        killed = watched.still_running()
        queued = watched.queued()
        begun = time.monotonic()
        with err.status("A fresh worker starts ..."):
            stack.replace_worker(worker)
        out.print(f"A fresh worker is healthy {time.monotonic() - begun:.0f} s later.")
        swallowed = _swallowed(stack, watched, queued) if queued else set()
        if follow and killed:
            _follow(stack.settings, watched, stopped)
    out.print(_tasks_table(list(watched.affected.values()), killed, stopped))
    if runs.before:
        out.print(runs.table())
    _tell_messages(stack, killed, swallowed)
    missed = [one for one in killed if one.ended is None]
    if follow and missed:
        out.print(
            f"[red]Airflow has not noticed[/] {', '.join('.'.join(one.key[:2]) for one in missed)} within the time."
        )
    return 1 if follow and missed else 0


@contextmanager
def _watching(airflow: Airflow) -> Iterator[Watched]:
    watched = Watched()
    changes = airflow.tasks()
    failed: list[BaseException] = []

    def read() -> None:
        try:
            for change in changes:
                watched.take(change["tasks"])
                if watched.stop.is_set():
                    return
        except (RuntimeError, OSError) as error:
            failed.append(error)
            watched.first.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    if not watched.first.wait(FIRST_LOOK) or failed:
        raise LocalError("Airflow's database does not say which tasks run.", "make status")
    try:
        yield watched
    finally:
        watched.stop.set()


def _end(stack: Stack, worker: Worker, watched: Watched, grace: float) -> float:
    """Ends the worker, showing what still runs; returns the moment at which it was gone."""
    begun, ending = time.monotonic(), Future[bool]()

    def end() -> None:
        try:
            ending.set_result(stack.end_worker(worker, grace))
        except BaseException as error:
            ending.set_exception(error)

    if grace and not err.is_terminal:
        err.print(f"SIGTERM to the worker; {_count(len(watched.affected), 'task')} may take {grace:.0f} s to end ...")
    # a daemon, for Ctrl-C: what has got its SIGTERM ends anyway, as soon as its tasks have
    threading.Thread(target=end, daemon=True).start()
    with err.status("") as status:
        while not ending.done():
            # a worker that is told to end takes no more, but one that it had taken already may only now begin
            watched.add_running_on(worker.host)
            left = max(0.0, grace - (time.monotonic() - begun))
            status.update(f"SIGTERM: {len(watched.still_running())} tasks still run, SIGKILL in {left:.0f} s")
            time.sleep(LOOK_EVERY)
    gone, killed = time.monotonic(), ending.result()
    if not grace:
        out.print("SIGKILL: the worker is gone.")
    elif killed:
        out.print(f"SIGTERM, after {gone - begun:.0f} s SIGKILL: the worker is gone.")
    else:
        out.print(f"SIGTERM: the worker ended by itself after {gone - begun:.0f} s.")
    return gone


def _follow(settings: Settings, watched: Watched, stopped: float) -> None:
    """Waits until every killed task has another state or another try."""
    threshold = zombie_threshold(settings)
    deadline = stopped + threshold + NOTICED_WITHIN
    told = -1
    with err.status("") as status:
        while (left := watched.still_running()) and time.monotonic() < deadline:
            waited = time.monotonic() - stopped
            text = f"{len(left)} killed tasks count as running; zombies after {threshold} s of silence, {waited:.0f} s until now"
            status.update(text)
            if not err.is_terminal and len(left) != told:
                err.print(text)
                told = len(left)
            time.sleep(LOOK_EVERY)


def zombie_threshold(settings: Settings) -> int:
    """Seconds of silence after which Airflow takes a running task for lost: the option, else the setting."""
    try:
        chosen = configuration_options.load(settings.mwaa_project).values.get(THRESHOLD, "")
    except BadFile:
        chosen = ""
    return int(chosen) if chosen.isdigit() else settings.scheduler_zombie_task_threshold


class GlueRuns:
    """The Glue runs that were under way when the worker was ended."""

    def __init__(self, settings: Settings) -> None:
        self.glue = client(settings, "glue")
        self.before: dict[tuple[str, str], str] = {}
        for page in self.glue.get_paginator("get_jobs").paginate():
            for job in page["Jobs"]:
                for run in self.glue.get_job_runs(JobName=job["Name"], MaxResults=50)["JobRuns"]:
                    if run["JobRunState"] in GOING_ON:
                        self.before[job["Name"], run["Id"]] = run["JobRunState"]

    def table(self) -> Table:
        table = _table("Glue job", "run", "when the worker was ended", "now", "")
        for (job, run_id), before in self.before.items():
            run = self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            now = run["JobRunState"]
            what = "goes on" if now in GOING_ON else f"went on to its end, {run.get('ExecutionTime', 0)} s"
            table.add_row(escape(job), run_id, before, now, what if now in (*GOING_ON, "SUCCEEDED") else "")
        return table


def _tell_before(watched: Watched, runs: GlueRuns, worker: str) -> None:
    queued = sum(task["state"] == "queued" for task in watched.tasks)
    out.print(
        f"Worker {worker[:12]}: {_count(len(watched.affected), 'task')} running. "
        f"In the queue: {_count(queued, 'task')}. Glue: {_count(len(runs.before), 'run')} under way."
    )
    if not watched.affected:
        out.print("Nothing runs on it, so nothing can be lost. For a drill that shows more, trigger a DAG first.")


def _tasks_table(affected: list[Affected], killed: list[Affected], stopped: float) -> Table:
    table = _table("task", "run", "try", "what the end of the worker did", "and then")
    for one in sorted(affected, key=lambda each: each.key):
        was_killed = one in killed
        what = "[red]killed[/]" if was_killed else f"[green]ended before[/]: {one.left_as}"
        dag_id, task_id, run_id = one.key
        then = _then(one, stopped) if was_killed else ""
        table.add_row(escape(f"{dag_id}.{task_id}"), escape(run_id), str(one.try_number), what, then)
    return table


def _then(one: Affected, stopped: float) -> str:
    came_back = f"message delivered once more after {one.came_back - stopped:.0f} s; " if one.came_back else ""
    if one.ended is None:
        return f"{came_back}still counts as running"
    tries = one.state == "up_for_retry" or one.now_try > one.try_number
    outcome = "tried again" if tries else "no try left" if one.state == "failed" else ""
    return f"{came_back}noticed after {one.ended - stopped:.0f} s: {one.state}{f', {outcome}' if outcome else ''}"


def _swallowed(stack: Stack, watched: Watched, queued: set[Key]) -> set[Key]:
    """Those of `queued` tasks whose message neither waits nor was taken by the fresh worker within TAKEN_WITHIN seconds.

    A worker that is told to end looks at no answer any more, but SQS may still answer the look that it began before: this
    message is invisible, and nobody runs it."""
    deadline = time.monotonic() + TAKEN_WITHIN
    with err.status("Are queued tasks taken by the fresh worker? ..."):
        while (left := queued & watched.queued()) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
    return left if left and not _messages(stack)[0] else set()


def _messages(stack: Stack) -> tuple[int, int, int]:
    """Messages that wait, messages that are invisible, the queue's visibility timeout in seconds."""
    sqs = client(stack.settings, "sqs")
    url = sqs.get_queue_url(QueueName=f"airflow-celery-{stack.env_id}")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "VisibilityTimeout"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    waiting, invisible, timeout = (int(found[name]) for name in names)
    return waiting, invisible, timeout


def _tell_messages(stack: Stack, killed: list[Affected], swallowed: set[Key]) -> None:
    """What SQS still holds of tasks that nobody runs any more."""
    waiting, invisible, timeout = _messages(stack)
    for dag_id, task_id, _ in sorted(swallowed):
        name = escape(f"{dag_id}.{task_id}")
        out.print(f"[red]{name} stays queued[/]: the worker received its message while it ended, and ran it no more.")
    out.print(
        f"SQS: {_count(waiting, 'message')} waiting, {invisible} invisible. "
        + (f"That of a killed task comes back {timeout} s after it was received." if killed or swallowed else "")
    )


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in headings:
        table.add_column(heading)
    return table


def _key(task: dict[str, Any]) -> Key:
    return task["dag_id"], task["task_id"], task["run_id"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
