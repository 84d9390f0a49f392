"""Native mode alone: what brings back the processes that bring back all others."""

import os
import signal

import psutil

from tests.support.stack import poll

ROLES = ["worker", "localstack", "scheduler", "postgres", "webserver"]


def test_the_killed_keeper_comes_back(stack):
    victim = stack.pid("keeper")
    os.kill(victim, signal.SIGKILL)
    assert poll(lambda: stack.pid("keeper") not in (0, victim), 30)


def test_the_killed_supervisor_comes_back_with_the_whole_stack(stack):
    before = stack.native.supervisor.process()
    roles_before = {stack.pid(role) for role in ROLES}
    os.kill(before.pid, signal.SIGKILL)
    assert poll(lambda: (now := stack.native.supervisor.process()) and now.pid != before.pid, 60)
    stack.wait_until_healthy()
    assert not [pid for pid in roles_before if psutil.pid_exists(pid)]
