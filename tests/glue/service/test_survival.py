"""Runs and the end of LocalStack: SIGKILL, then an orderly stop, of one instance that is the module's own."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import pytest

from tests.glue.service.conftest import FOREVER, Account, processes
from tests.support.polling import wait_until


@dataclass
class Story:
    """What `story` did: a job and a run for each role, and the account after the restart."""

    aws: Account
    jobs: dict[str, str]
    runs: dict[str, str]
    survivors: dict[str, set[int]]

    def run(self, role: str) -> dict:
        return self.aws.run(self.jobs[role], self.runs[role])

    def ended(self, role: str) -> dict:
        return self.aws.ended(self.jobs[role], self.runs[role])

    def lines(self, role: str) -> list[str]:
        return self.aws.lines(self.runs[role])


@pytest.fixture(scope="module")
def story(own_aws: Account) -> Story:
    """Five runs; SIGKILL of LocalStack; meanwhile one goes on, two end, one is killed whole; LocalStack starts again."""
    state = own_aws.localstack.state
    wait = "import os, time\nprint('up', flush=True)\nwhile not os.path.exists('{}'): time.sleep(0.02)\n"
    scripts = {
        "goes on": wait.format(state / "later") + "print('done')",
        "ends well": wait.format(state / "meanwhile") + "print('done')",
        "ends badly": wait.format(state / "meanwhile") + "raise ValueError('meanwhile')",
        "killed": FOREVER,
    }
    jobs = {role: own_aws.job(script) for role, script in scripts.items()}
    runs = {role: own_aws.start(name) for role, name in jobs.items()}
    for role, run_id in runs.items():
        own_aws.up(jobs[role], run_id)
    jobs["over"] = own_aws.job("print('early')", Description="kept")
    runs["over"] = own_aws.start(jobs["over"])
    own_aws.ended(jobs["over"], runs["over"])

    own_aws.settle()
    own_aws.localstack.crash()
    survivors = {role: processes(run_id) for role, run_id in runs.items()}
    for pid in survivors["killed"]:
        os.kill(pid, signal.SIGKILL)
    (state / "meanwhile").touch()
    wait_until(lambda: not any(processes(runs[role]) for role in ("ends well", "ends badly", "killed")), 10, "ends")
    own_aws.localstack.start()
    return Story(Account(own_aws.localstack), jobs, runs, survivors)


def test_jobs_do_not_die_with_localstack(story):
    assert {role for role, pids in story.survivors.items() if pids} == {"goes on", "ends well", "ends badly", "killed"}


def test_a_job_definition_survives(story):
    assert story.aws.glue.get_job(JobName=story.jobs["over"])["Job"]["Description"] == "kept"


def test_a_run_that_goes_on_is_running_and_then_succeeds_with_its_whole_log(story):
    assert story.run("goes on")["JobRunState"] == "RUNNING"
    (story.aws.localstack.state / "later").touch()
    assert story.ended("goes on")["JobRunState"] == "SUCCEEDED"
    assert story.lines("goes on") == ["up", "done"]


def test_a_run_that_ended_meanwhile_is_judged_by_its_exit_status(story):
    assert story.ended("ends well")["JobRunState"] == "SUCCEEDED"
    assert story.lines("ends well") == ["up", "done"]
    run = story.ended("ends badly")
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: meanwhile")


def test_a_run_that_was_killed_meanwhile_has_failed(story):
    run = story.ended("killed")
    assert run["JobRunState"] == "FAILED"
    assert "disappeared without leaving an exit status" in run["ErrorMessage"]


def test_a_run_that_ended_just_before_keeps_its_state_and_its_log(story):
    assert story.run("over")["JobRunState"] == "SUCCEEDED"
    wait_until(lambda: story.lines("over") == ["early"], 10, "the log is complete")


def test_an_orderly_stop_ends_all_jobs_and_says_so(story):
    name = story.aws.job(FOREVER, MaxRetries=1)
    run_id = story.aws.start(name)
    story.aws.up(name, run_id)
    began = time.monotonic()
    story.aws.localstack.stop()
    assert time.monotonic() - began < 12
    assert processes(run_id) == set()
    story.aws.localstack.start()
    aws = Account(story.aws.localstack)
    (run,) = aws.glue.get_job_runs(JobName=name)["JobRuns"]
    assert run["JobRunState"] == "FAILED"
    assert "local environment was stopped" in run["ErrorMessage"]
    assert aws.lines(run_id) == ["up"]
