"""Sweeping: every process of an install is found by its mark, whoever its parent is, and ended."""

import subprocess
import sys
import uuid

import psutil
import pytest

from mwaa_local.native.sweep import members, sweep

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)


@pytest.fixture
def marked():
    """A way to start marked processes; ends them all."""
    env_id = str(uuid.uuid4())
    started = []

    def start(**more):
        process = subprocess.Popen(
            [sys.executable, "-c", STUBBORN],
            env={"MWAA_ENV_ID": env_id, **more},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        process.stdout.readline()
        started.append(process)
        return process

    start.env_id = env_id
    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_process_that_ignores_the_polite_signal_is_killed(marked):
    process = marked()
    assert sweep(marked.env_id, patience=0.3)
    assert not psutil.pid_exists(process.pid)


def test_a_persons_shell_is_left_alone(marked):
    process = marked(MWAA_INTERACTIVE="1")
    assert sweep(marked.env_id, patience=0.1) == []
    assert process.poll() is None


def test_another_installs_processes_are_left_alone(marked):
    process = marked()
    assert members(str(uuid.uuid4())) == []
    assert psutil.pid_exists(process.pid)
