"""The parts of the end-to-end kit that need no stack: what several tests use at once, and what is told of a failure."""

import json
import os
import signal
import subprocess
import sys

import pytest

from mwaa_airflow.dagtest.attachments import folder_name, last_error
from mwaa_airflow.dagtest.shared_use import SharedUse

USE = """
import sys
from pathlib import Path
from mwaa_airflow.dagtest.shared_use import SharedUse

def make(left):
    print("make", left, flush=True)
    return {"was_paused": True}

use = SharedUse(Path(sys.argv[1]), "dag", make, lambda value: print("undo", value, flush=True))
print("has", use.value, flush=True)
sys.stdin.readline()
use.end()
"""
VALUE = {"was_paused": True}


@pytest.fixture
def user(tmp_path):
    """user(): another process that has it; it lets go when it gets a line."""
    begun = []

    def begin():
        command = [sys.executable, "-c", USE, str(tmp_path)]
        begun.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def test_the_first_user_makes_it_and_the_last_one_undoes_it(user):
    first = user()
    assert [first.stdout.readline() for _ in range(2)] == ["make None\n", "has {}\n".format(VALUE)]
    second = user()
    assert second.stdout.readline() == "has {}\n".format(VALUE)
    assert first.communicate("\n")[0] == "", "the second one has it still"
    assert second.communicate("\n")[0] == "undo {}\n".format(VALUE)


def test_what_a_killed_user_has_left_is_known_to_the_next_one(user):
    killed = user()
    killed.stdout.readline()
    killed.stdout.readline()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert user().communicate("\n")[0].splitlines()[0] == "make {}".format(VALUE)


def test_what_cannot_be_made_leaves_the_place_free(tmp_path):
    def fail(_):
        raise ValueError("no")

    with pytest.raises(ValueError):
        SharedUse(tmp_path, "dag", fail, print)
    undone = []
    SharedUse(tmp_path, "dag", lambda left: [left], undone.append).end()
    assert undone == [[None]]
    assert json.dumps(sorted(file.suffix for file in tmp_path.iterdir())) == '[".gate", ".use"]'


LOG = """[2023-05-01 12:00:00,000] {taskinstance.py:1501} INFO - Executing
[2023-05-01 12:00:01,000] {taskinstance.py:1703} ERROR - Task failed with exception
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    1 / 0
ZeroDivisionError: division by zero
[2023-05-01 12:00:02,000] {taskinstance.py:1280} INFO - Marking task as FAILED.
[2023-05-01 12:00:03,000] {standard_task_runner.py:91} ERROR - Failed to execute job 5 for task a
"""


def test_the_reason_of_a_failed_task_is_the_end_of_its_traceback():
    assert last_error(LOG)[-1] == "ZeroDivisionError: division by zero"
    assert "Failed to execute" in last_error(LOG.replace("Task failed with exception", ""))[0]
    assert "never came to a worker" in last_error("")[0]


def test_a_test_id_becomes_one_part_of_a_path_that_stays_its_own():
    names = {folder_name("tests/a.py::test_x[{}-{}]".format("y" * 300, n)) for n in range(2)}
    assert len(names) == 2 and all("/" not in name and len(name) < 200 for name in names)
    assert folder_name("../..") == "_"
