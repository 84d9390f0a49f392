"""The processes of a run: recognised, waited for, and ended, every one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from localstack_glue.service import process
from localstack_glue.service.process import Children, Process, Watch
from tests.support.polling import wait_until

# A grandchild, a child that leaves the session and the group, and none of the three minds SIGTERM.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
again = [sys.executable, "-c", "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]
if os.fork() == 0:
    os.fork()
    time.sleep(600)
subprocess.Popen(again, start_new_session=True)
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def launch(tmp_path):
    """launch(code): the shim of a Python process running `code`, marked as run jr_<test folder>."""
    children = Children()
    started = []

    def start(code: str) -> Process:
        command = [sys.executable, "-c", code]
        shim = children.start(command, {**os.environ, process.MARK: run_id(tmp_path)}, tmp_path, tmp_path)
        started.append(shim)
        return shim

    yield start
    for shim in started:
        process.end_all(run_id(tmp_path), shim, grace=0)
        children.reap(shim)


def run_id(folder) -> str:
    return f"jr_{folder.name}"


def test_the_exit_status_outlives_the_process(launch, tmp_path):
    shim = launch("import sys; print('out'); sys.exit(3)")
    wait_until(lambda: not shim.alive, 10, "end")
    assert process.exit_status(tmp_path) == 3
    assert (tmp_path / "stdout").read_text() == "out\n"


def test_every_process_is_ended_also_those_that_left_the_group_and_ignore_sigterm(launch, tmp_path):
    shim = launch(STUBBORN)
    wait_until(
        lambda: len(process.members(run_id(tmp_path), shim)) == 5, 10, "shim, script, two forks, the one outside"
    )
    wait_until(lambda: len({os.getpgid(pid) for pid in process.members(run_id(tmp_path), shim)}) == 2, 10, "two groups")
    began = time.monotonic()
    process.end_all(run_id(tmp_path), shim, grace=0.2)
    assert 0.2 <= time.monotonic() - began < 3
    assert process.members(run_id(tmp_path), shim) == set()


def test_a_process_that_minds_sigterm_is_given_the_time_to_clean_up(launch, tmp_path):
    code = (
        "import signal,sys,time\n"
        "def bye(*_): time.sleep(0.1); open('clean','w').close(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye); print('up', flush=True); time.sleep(600)"
    )
    shim = launch(code)
    wait_until(lambda: (tmp_path / "stdout").read_text() == "up\n", 10, "up")
    process.end_all(run_id(tmp_path), shim, grace=5)
    assert (tmp_path / "clean").exists()


def test_other_processes_are_left_alone(launch, tmp_path):
    shim = launch("import time; time.sleep(600)")
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        process.end_all(run_id(tmp_path), shim, grace=0.5)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_the_same_pid_at_another_time_is_another_process():
    me = process._look(os.getpid())
    assert me is not None
    assert Process(me.pid, me.started).alive
    assert not Process(me.pid, str(int(me.started) - 1)).alive


def test_a_shim_whose_start_was_not_recorded_is_found_by_its_mark(launch, tmp_path):
    shim = launch("import os, subprocess, sys, time; subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
                  "time.sleep(600)")  # fmt: skip
    wait_until(lambda: len(process.members(run_id(tmp_path), shim)) == 3, 10, "three processes")
    assert process.find_shim(run_id(tmp_path)) == shim
    assert process.find_shim("jr_other") is None


def test_a_wait_ends_with_the_process_or_when_woken(launch):
    shim = launch("import time; time.sleep(600)")
    watch = Watch(shim)
    threading.Timer(0.05, watch.wake).start()
    began = time.monotonic()
    assert watch.wait(5) is False
    os.killpg(shim.pid, signal.SIGKILL)
    assert watch.wait(5) is True
    assert time.monotonic() - began < 2
    watch.close()
    watch.wake()  # too late, and harmless
