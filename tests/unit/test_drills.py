"""The drills as far as they need no stack: how a worker's processes end, and what is made of what the database says."""

import subprocess
import sys
import time

import psutil
import pytest

from mwaa_local import drills
from mwaa_local.configuration_options import NAME
from mwaa_local.drills import Affected, Watched, _then, zombie_threshold
from mwaa_local.native.sweep import end_tree
from mwaa_local.settings import load

DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
PARENT = (
    "import signal, subprocess, time; {}"
    "child = subprocess.Popen(['sleep', '100'], start_new_session=True); print(child.pid, flush=True); time.sleep(100)"
)


def lives(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def start():
    started = []

    def one(deaf=""):
        process = subprocess.Popen([sys.executable, "-c", PARENT.format(deaf)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, int(process.stdout.readline())

    yield one
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("deaf", "grace", "killed"), [(DEAF, 0.5, True), ("", 30, False), (DEAF, 0, True), ("", 0, True)]
)
def test_a_worker_ends_with_all_that_it_started_and_not_before_its_time(start, deaf, grace, killed):
    process, child = start(deaf)
    begun = time.monotonic()
    assert end_tree(process.pid, grace) is killed
    assert not lives(process.pid) and not lives(child)
    if deaf and grace:
        assert time.monotonic() - begun >= grace


def test_a_worker_that_is_gone_already_needs_no_killing(start):
    process, child = start()
    process.kill()
    process.wait()
    assert end_tree(process.pid, 1) is False
    psutil.Process(child).kill()


def task(state="running", try_number=1, job_id=7, task_id="run", host="one"):
    return {
        "dag_id": "dag", "task_id": task_id, "run_id": "r", "state": state, "try_number": try_number,
        "hostname": host, "job_id": job_id,
    }  # fmt: skip


def affected(*seen):
    one = Affected(("dag", "run", "r"), 1, 7)
    for at, change in enumerate(seen, 11):
        one.see(change, at)
    return one


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([task("failed")], "noticed after 1 s: failed, no try left"),
        ([task("up_for_retry")], "noticed after 1 s: up_for_retry, tried again"),
        ([task("running", 2, 8)], "noticed after 1 s: running, tried again"),
        (
            [task("up_for_retry"), task("running", 2, 8), task("success", 2, 8)],
            "noticed after 1 s: success, tried again",
        ),
        (
            [task(job_id=8), task("failed", job_id=8)],
            "message delivered once more after 1 s; noticed after 2 s: failed, no try left",
        ),
        ([task()], "still counts as running"),
        ([task(job_id=8)], "message delivered once more after 1 s; still counts as running"),
    ],
)
def test_what_became_of_a_killed_task_is_told(seen, told):
    assert _then(affected(*seen), 10) == told


def test_only_running_tasks_of_the_worker_are_affected():
    watched = Watched()
    watched.take([task(task_id="a"), task(task_id="b", host="two"), task("queued", task_id="c")])
    watched.add_running_on("one")
    assert [key[1] for key in watched.affected] == ["a"]
    watched.add_running_on("")
    assert [key[1] for key in watched.affected] == ["a", "b"]
    watched.take([task("success", task_id="a"), task(task_id="b", host="two")])
    assert [one.key[1] for one in watched.still_running()] == ["b"]


def test_the_threshold_is_the_option_else_the_setting(tmp_path):
    (tmp_path / "dags").mkdir()
    settings = load({"MWAA_PROJECT": str(tmp_path), "SCHEDULER_ZOMBIE_TASK_THRESHOLD": "40"}, tmp_path / ".env")
    assert zombie_threshold(settings) == 40
    (tmp_path / NAME).write_text(f"{drills.THRESHOLD}: 50\n")
    assert zombie_threshold(settings) == 50


def test_without_celery_there_is_no_worker_to_end(tmp_path):
    from mwaa_local.errors import LocalError
    from mwaa_local.native.stack import NativeStack

    settings = load({"MWAA_STATE": str(tmp_path), "EXECUTOR": "local"}, tmp_path / ".env")
    with pytest.raises(LocalError, match="has no workers"):
        drills.end_a_worker(NativeStack(settings, "0"), 1, False)


class Queue:
    """A stack as far as its queue is asked."""

    def __init__(self, waiting):
        self.waiting = waiting


@pytest.mark.parametrize(
    ("later", "waiting", "swallowed"),
    [("queued", 0, {("dag", "run", "r")}), ("queued", 1, set()), ("running", 0, set()), ("failed", 0, set())],
)
def test_a_queued_task_that_nobody_takes_and_whose_message_is_gone_was_swallowed(
    monkeypatch, later, waiting, swallowed
):
    monkeypatch.setattr(drills, "TAKEN_WITHIN", 0.1)
    monkeypatch.setattr(drills, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(drills, "_messages", lambda stack: (stack.waiting, 1, 43200))
    watched = Watched()
    watched.take([task("queued"), task("running", task_id="other")])
    queued = watched.queued()
    watched.take([task(later)])
    assert drills._swallowed(Queue(waiting), watched, queued) == swallowed
