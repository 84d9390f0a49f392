"""Predicates and graphs as they are; triggers in one process; and SIGKILL at every write of a workflow run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest

from localstack_glue.service.runner import KILLED_AT_START, PROCESS_VANISHED
from localstack_glue.service.workflows import graphs
from localstack_glue.service.workflows.predicates import Outcome, met
from tests.support.polling import wait_until
from tests.unit.glue import trigger_world
from tests.unit.glue.trigger_world import OWNER, World


def condition(name, state, kind="Job"):
    return {"LogicalOperator": "EQUALS", f"{kind}Name": name, "State" if kind == "Job" else "CrawlState": state}


A, B = condition("a", "SUCCEEDED"), condition("b", "FAILED")
CRAWL = condition("a", "SUCCEEDED", "Crawler")
A_OK, A_BAD = Outcome("JOB", "a", "SUCCEEDED", "jr_1"), Outcome("JOB", "a", "FAILED", "jr_2")
B_BAD, CRAWLED = Outcome("JOB", "b", "FAILED", "jr_3"), Outcome("CRAWLER", "a", "SUCCEEDED")


@pytest.mark.parametrize(
    ("logical", "conditions", "outcomes", "expected"),
    [
        ("AND", [A], [], None),
        ("AND", [A], [A_OK], [A_OK]),
        (None, [A], [A_OK], [A_OK]),
        ("AND", [A], [A_BAD], None),
        ("AND", [A], [CRAWLED], None),
        ("AND", [CRAWL], [CRAWLED], [CRAWLED]),
        ("AND", [{**CRAWL, "CrawlState": None, "State": "SUCCEEDED"}], [CRAWLED], [CRAWLED]),
        ("AND", [CRAWL], [A_OK], None),
        ("AND", [A, B], [A_OK], None),
        ("AND", [A, B], [B_BAD, A_OK], [A_OK, B_BAD]),
        ("ANY", [A, B], [B_BAD], [B_BAD]),
        ("ANY", [A, B], [A_BAD], None),
        ("ANY", [A, A], [A_OK], [A_OK]),
        ("AND", [A], [A_OK, Outcome("JOB", "a", "SUCCEEDED", "jr_9")], [Outcome("JOB", "a", "SUCCEEDED", "jr_9")]),
        ("AND", [], [A_OK], None),
        ("ANY", [], [A_OK], None),
    ],
)
def test_when_a_predicate_is_met(logical, conditions, outcomes, expected):
    assert met({"Logical": logical, "Conditions": conditions}, outcomes) == expected


def test_the_graph_of_the_guide():
    """Example 2 of "Querying workflows using the AWS Glue API"."""
    triggers = [
        {"Name": "t1", "Actions": [{"JobName": "j1"}]},
        {"Name": "t2", "Predicate": {"Conditions": [condition("j1", "SUCCEEDED")]}, "Actions": [{"JobName": "j2"}]},
        {
            "Name": "t3",
            "Predicate": {"Conditions": [condition("j1", "SUCCEEDED"), condition("j2", "SUCCEEDED")]},
            "Actions": [{"JobName": "j3"}],
        },
    ]
    found = {(source[1], destination[1]) for source, destination in graphs.edges(triggers)}
    assert found == {("t1", "j1"), ("j1", "t2"), ("t2", "j2"), ("j1", "t3"), ("j2", "t3"), ("t3", "j3")}
    assert sorted(name for _, name in graphs.nodes(triggers)) == ["j1", "j2", "j3", "t1", "t2", "t3"]
    assert {name for _, name in graphs.downstream(triggers, ("JOB", "j2"))} == {"t3", "j3"}


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.engine.start()
    yield made
    made.engine.stop()


def test_chains_leave_nothing_behind(world, tmp_path):
    world.job("a")
    world.job("b")
    world.trigger("start", "a")
    world.trigger("after", "b", watch=[A])
    world.call("StartTrigger", Name="start")
    wait_until(lambda: world.runs("b") and world.runs("b")[0]["JobRunState"] == "SUCCEEDED", 30, "b ends")
    wait_until(lambda: not list((tmp_path / "chains").rglob("*.json")), 10, "the chain is deleted")


def test_a_schedule_that_was_due_while_nothing_ran_is_not_made_up_for(tmp_path):
    """The clock knows only what comes after its start."""
    world = World(tmp_path)
    world.job("a")
    world.trigger("t", "a", Type="SCHEDULED", Schedule="cron(0/5 * * * ? *)", StartOnCreation=True)
    world.engine.stop()
    later = World(tmp_path)
    later.engine.start()
    assert later.runs("a") == []
    assert (OWNER, "t") in later.engine.clock._entries
    later.engine.stop()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    trigger_world.prepare(folder)
    return folder


def play(folder, number):
    return subprocess.run([sys.executable, trigger_world.__file__, str(folder), str(number)], timeout=120).returncode


# 45 writes, of which these are a third; GLUE_EVERY_WRITE=1 for all, which takes minutes.
@pytest.mark.parametrize("number", range(1, 48, 1 if os.environ.get("GLUE_EVERY_WRITE") else 3))
def test_sigkill_at_any_write_starts_each_job_once(prepared, tmp_path, number):
    folder = tmp_path / "world"
    shutil.copytree(prepared, folder)
    code = play(folder, number)
    assert code in (-signal.SIGKILL, 0)  # 0: there are not so many writes
    assert play(folder, 0) == 0
    world = World(folder)
    if not world.workflow_runs():
        assert number == 1  # killed before the call was noted, and so before it was answered
        return
    (run,) = world.workflow_runs()
    starts = {job: len([run for run in world.runs(job) if run["Attempt"] == 0]) for job in "abcde"}
    ends = {job: [run.get("ErrorMessage", run["JobRunState"]) for run in world.runs(job)] for job in "abcde"}
    assert run["Status"] == "COMPLETED"
    assert max(starts.values()) == 1, starts
    vanished = (KILLED_AT_START, PROCESS_VANISHED)
    if any(end in vanished for job in "abd" for end in ends[job]):
        return  # killed while the process was being made: that run has failed, and what awaits its success stays away
    assert starts == dict.fromkeys("abcde", 1), ends
    assert run["Statistics"]["SucceededActions"] + sum(end in vanished for end in ends["e"]) == 4
    assert len(world.runs("c")[0]["PredecessorRuns"]) == 2
