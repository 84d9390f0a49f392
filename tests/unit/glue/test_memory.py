"""The memory that a run may have, with real processes: 1/256 DPU has 64 MB."""

from __future__ import annotations

import re

import pytest

from localstack_glue.service import process, states
from localstack_glue.service.memory import MemoryWatch, of_capacity
from localstack_glue.service.process import Process
from tests.unit.glue.test_runner import ended

MB = 1 << 20
HOLD = "import time\nheld = bytearray({} << 20)\nfor i in range(0, len(held), 4096): held[i] = 1\ntime.sleep({})\n"


def start(glue, script, capacity=1 / 256):
    run = glue.new(script)
    run.record["MaxCapacity"] = capacity
    glue.runner.submit(run)
    return run


def test_a_run_that_takes_too_much_is_ended_and_says_how_much(glue):
    run = start(glue, HOLD.format(150, 600))
    assert ended(run) == states.FAILED
    wanted = r"its processes held 0\.\d\d GB, and MaxCapacity 0.0039\d* gives 0.0625 GB"
    assert re.fullmatch(rf"Command failed with exit code 137 \(out of memory: {wanted}\)", run.record["ErrorMessage"])
    assert process.members(run.id, Process.from_json(run.local["Process"])) == set()


@pytest.mark.parametrize(
    "settings, capacity", [({"memory_limits": False}, 1 / 256), ({}, 1 / 16), ({}, 0)], ids=["off", "enough", "none"]
)
def test_a_run_within_its_limit_is_left_alone(glue, settings, capacity):
    for name, value in settings.items():
        object.__setattr__(glue.settings, name, value)
    assert ended(start(glue, HOLD.format(150, 1), capacity)) == states.SUCCEEDED


def test_a_process_that_left_the_family_counts(glue):
    script = (
        "import os, subprocess, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    subprocess.Popen([sys.executable, '-c', {HOLD.format(150, 600)!r}], start_new_session=True)\n"
        "    os._exit(0)\n"
        "os.wait()\ntime.sleep(600)\n"
    )
    run = start(glue, script)
    assert ended(run) == states.FAILED and "out of memory" in run.record["ErrorMessage"]


def test_a_short_run_is_not_looked_at(glue, monkeypatch):
    looks = []
    monkeypatch.setattr(MemoryWatch, "look", lambda self: looks.append(1))
    assert ended(start(glue, "", 1 / 16)) == states.SUCCEEDED
    assert len(looks) <= 1  # one, if this machine is busy


@pytest.mark.parametrize("capacity, shortest", [(1 / 16, 0.2), (1, 0.5)])
def test_the_next_look_comes_before_the_limit_can_be_reached(tmp_path, capacity, shortest):
    watch = MemoryWatch("jr_x", tmp_path, Process(1, "0"), of_capacity(capacity))
    assert shortest <= watch.next_look <= 0.5
    assert watch._pause(int(capacity * 16 * 1024 * MB) - 10 * MB) == 0.05
