"""What a start finds where a SIGKILL fell between two writes: each window, made by hand."""

from __future__ import annotations

import os
import time

import pytest

from localstack_glue.service import late_logs, runner, states
from tests.support.polling import wait_until
from tests.unit.glue.conftest import OWNER


def ended(run):
    assert run.done.wait(15), f"{run.id} is still {run.state}"
    return run.state


def test_a_run_that_was_never_answered_for_is_removed(glue):
    half = glue.settings.runs / "jr_half"
    half.mkdir()
    (half / "arguments.json").write_text("{}")
    whole = glue.new("")
    glue.restart()
    assert [run.id for run in glue.store.all()] == [whole.id]
    assert not half.exists()


def failed_with_an_attempt_left(glue):
    """As it is on disk when the process died after FAILED was written and before the next attempt was."""
    run = glue.new("print('second')", max_retries=1)
    glue.store.remember(run, RetryDue=True)
    glue.store.move(run, states.FAILED, ErrorMessage="first")
    return run


def test_the_attempt_that_was_to_follow_follows(glue):
    failed_with_an_attempt_left(glue)
    glue.restart()
    glue.runner.adopt()
    wait_until(lambda: len(glue.store.all()) == 2, 10, "the second attempt")
    first, second = glue.store.all()
    assert ended(second) == states.SUCCEEDED
    assert (first.local["RetriedAs"], first.local["RetryDue"]) == (second.id, False)


def test_an_attempt_that_was_made_and_not_remembered_is_not_made_twice(glue):
    first = failed_with_an_attempt_left(glue)
    glue.store.retry(first)
    glue.store.remember(first, RetryDue=True, RetriedAs=None)
    glue.restart()
    glue.runner.adopt()
    wait_until(lambda: all(run.ended for run in glue.store.all()), 10, "all have ended")
    first, second = glue.store.newest_first(OWNER, "job")[::-1]
    assert (second.id, second.state) == (f"{first.id}_attempt_1", states.SUCCEEDED)
    wait_until(lambda: not first.local["RetryDue"], 10, "it is remembered")
    assert glue.output(second) == ["second"]


def test_a_run_stopped_while_it_failed_is_not_retried(glue):
    run = glue.new("", max_retries=1)
    glue.store.remember(run, RetryDue=True)
    glue.store.move(run, states.STOPPING)
    glue.store.move(run, states.STOPPED)
    glue.restart()
    glue.runner.adopt()
    assert [found.state for found in glue.store.all()] == [states.STOPPED]


@pytest.mark.parametrize(
    ("seconds_before_the_deadline", "status", "state"),
    [(5, "0", states.SUCCEEDED), (-5, "0", states.TIMEOUT), (5, "1", states.FAILED), (-5, "143", states.TIMEOUT)],
)
def test_a_script_that_ended_while_nobody_looked_is_judged_by_when_it_did(
    glue, seconds_before_the_deadline, status, state
):
    """The Timeout has passed when LocalStack is back; what counts is whether it had when the script ended."""
    run = glue.new("")
    run.record["Timeout"] = 1
    began = time.time() - 600
    glue.store.remember(run, Since=began, Process={"pid": 2**22 + 1, "started": "1"})  # there is none of that pid
    glue.store.move(run, states.RUNNING)
    (run.folder / "stdout").write_text("early\n")
    (run.folder / "exit").write_text(f"{status}\n")
    when = began + 60 - seconds_before_the_deadline
    os.utime(run.folder / "exit", (when, when))
    glue.restart()
    glue.runner.adopt()
    assert ended(glue.store.all()[0]) == state


class TestLogsThatCouldNotBeShipped:
    @pytest.fixture
    def run(self, glue, monkeypatch):
        """Ended while Logs was away for longer than a run waits."""
        monkeypatch.setattr(runner, "_LOGS_PATIENCE", 0.2)
        monkeypatch.setattr(late_logs, "TRY_AGAIN", 0.05)
        glue.services.streams.away = True
        run = glue.start("print('late')")
        assert ended(run) == states.SUCCEEDED
        assert run.local["LogsDue"] and glue.output(run) == []
        return run

    def test_are_when_the_service_is_back(self, glue, run):
        glue.services.streams.away = False
        wait_until(lambda: glue.output(run) == ["late"], 10, "the log is complete")
        wait_until(lambda: run.local["LogsDue"] is False, 10, "and that is remembered")

    def test_are_after_the_next_start_however_old_the_run_is(self, glue, run):
        glue.runner.shutdown()
        run.record["LastModifiedOn"] -= 86_400
        glue.store.remember(run)
        glue.services.streams.away = False
        glue.restart()
        glue.runner.adopt()
        wait_until(lambda: glue.output(run) == ["late"], 10, "the log is complete")
        glue.restart()
        glue.runner.adopt()
        assert glue.output(run) == ["late"]
