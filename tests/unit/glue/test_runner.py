"""Runs from start to end, with real processes; AWS's side is two small objects (conftest.py)."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from localstack_glue.service import process, runner, states
from localstack_glue.service.errors import ConcurrentRunsExceeded
from localstack_glue.service.process import Process
from localstack_glue.service.runs import RunStore
from tests.support.polling import wait_until
from tests.unit.glue.conftest import OWNER

FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(600)"


def ended(run):
    assert run.done.wait(15), f"{run.id} is still {run.state}"
    return run.state


def up(glue, run):
    wait_until(
        lambda: run.state == states.RUNNING and (run.folder / "stdout").read_text() == "up\n", 10, "the job is up"
    )
    return Process.from_json(run.local["Process"])


def test_a_script_that_ends_well_succeeds_and_its_output_is_shipped_before(glue):
    run = glue.start("import sys; print(sys.argv[1:]); print('oh', file=sys.stderr)")
    assert ended(run) == states.SUCCEEDED
    assert glue.output(run) == ["['--key', 'value']"]
    assert glue.output(run, "error") == ["oh"]
    assert run.record["CompletedOn"] >= run.record["StartedOn"]
    assert not (run.folder / "work").exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise ValueError('no such date: 31')", "ValueError: no such date: 31"),
        ("import nosuchmodule", "ModuleNotFoundError: No module named 'nosuchmodule'"),
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("import sys; sys.exit(7)", "Command failed with exit code 7"),
        ("import os; os.kill(os.getpid(), 9)", "Command failed with exit code 137 (SIGKILL)"),
    ],
)
def test_a_script_that_ends_badly_fails_with_the_reason(glue, script, message):
    run = glue.start(script)
    assert ended(run) == states.FAILED
    assert run.record["ErrorMessage"] == message


def test_a_script_that_is_not_there_fails_without_a_process(glue):
    run = glue.new("")
    glue.services.scripts.clear()
    glue.runner.submit(run)
    assert ended(run) == states.FAILED
    assert run.record["ErrorMessage"] == "s3://b/s.py is missing"
    assert run.local["Process"] is None


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({"Name": "glueetl"}, 'GlueVersion 5.1 .* is not available .*Set the job\'s GlueVersion to "4.0"'),
        ({"Name": "nonsense"}, "JobName:job and JobRunId:jr_.* Could not find command for the given criteria"),
        ({"PythonVersion": "2"}, 'PythonVersion 2 cannot be run: AWS has ended Python 2.*Set PythonVersion to "3.9"'),
        (
            {"PythonVersion": "3"},
            "Python shell 3.6 jobs is missing: GLUE_PYTHONSHELL_36_PYTHON is not set.*pyenv install 3.6",
        ),
    ],
)
def test_what_cannot_be_run_fails_and_says_why(glue, command, message):
    run = glue.start("", **command)
    assert ended(run) == states.FAILED
    assert re.search(message, run.record["ErrorMessage"])


def test_a_stopped_run_is_stopping_until_no_process_of_it_lives(glue):
    run = glue.start(FOREVER)
    shim = up(glue, run)
    glue.runner.stop(run)
    assert run.state in (states.STOPPING, states.STOPPED)
    assert ended(run) == states.STOPPED
    assert process.members(run.id, shim) == set()
    with pytest.raises(states.ImpossibleTransition):
        glue.runner.stop(run)


def test_a_run_that_is_stopped_in_the_moment_in_which_it_fails_is_stopped(glue, monkeypatch):
    """What BatchStopJobRun was told is what comes."""
    move = glue.store.move

    def stopped_first(run, state, **changes):
        if state == states.FAILED and run.state == states.RUNNING:
            glue.runner.stop(run)
        move(run, state, **changes)

    monkeypatch.setattr(glue.store, "move", stopped_first)
    assert ended(glue.start("raise ValueError")) == states.STOPPED


def test_an_error_of_ours_ends_the_processes_and_the_run(glue, monkeypatch):
    def broken(*_):
        raise OSError("[Errno 28] No space left on device")

    monkeypatch.setattr(runner.Runner, "_wait", broken)
    run = glue.start(FOREVER)
    assert ended(run) == states.FAILED
    assert run.record["ErrorMessage"] == "Internal service error: OSError: [Errno 28] No space left on device"
    assert process.members(run.id, Process.from_json(run.local["Process"])) == set()


def test_a_run_that_takes_too_long_times_out_and_its_processes_die(glue):
    run = glue.new(FOREVER)
    run.record["Timeout"] = 0.3 / 60
    glue.runner.submit(run)
    assert ended(run) == states.TIMEOUT
    assert process.members(run.id, Process.from_json(run.local["Process"])) == set()


def test_a_job_runs_no_more_often_at_once_than_it_may(glue):
    glue.start(FOREVER)
    with pytest.raises(ConcurrentRunsExceeded, match="Concurrent runs exceeded for job"):
        glue.new(FOREVER)


def test_a_failed_run_is_retried_as_another_run_until_it_has_had_all_attempts(glue):
    first = glue.start("raise SystemExit(1)", max_retries=2)
    ended(first)
    wait_until(lambda: len(glue.store.all()) == 3, 10, "three attempts")
    last, second, _ = glue.store.newest_first(OWNER, "job")
    assert ended(last) == states.FAILED
    assert (second.id, last.id) == (f"{first.id}_attempt_1", f"{first.id}_attempt_2")
    assert (last.record["Attempt"], last.record["PreviousRunId"]) == (2, second.id)


def test_a_stopped_run_is_not_retried(glue):
    run = glue.start(FOREVER, max_retries=3)
    up(glue, run)
    glue.runner.stop(run)
    assert ended(run) == states.STOPPED
    assert len(glue.store.all()) == 1


def test_the_job_sees_nothing_of_the_services_environment(glue, monkeypatch):
    monkeypatch.setenv("GATEWAY_LISTEN", "secret")
    run = glue.start("import os, json; print(json.dumps(dict(os.environ)))")
    ended(run)
    found = json.loads(glue.output(run)[0])
    assert "GATEWAY_LISTEN" not in found
    assert found["HOME"] == found["TMPDIR"] == str(run.folder / "work")
    assert (found["GLUE_JOB_RUN_ID"], found["AWS_REGION"]) == (run.id, "us-east-1")


def test_without_the_endpoint_table_nothing_is_run(glue):
    (Path(glue.settings.aws_data_39) / "endpoints.json").unlink()
    run = glue.start("print('reached')")
    ended(run)
    assert run.state == states.FAILED and "endpoint table" in run.record["ErrorMessage"]
    assert glue.output(run) == []


def test_an_orderly_shutdown_leaves_no_process_and_no_green_run(glue):
    run = glue.start(FOREVER, max_retries=1)
    shim = up(glue, run)
    glue.runner.shutdown()
    assert run.state == states.FAILED
    assert run.record["ErrorMessage"] == runner.ENVIRONMENT_STOPPED
    assert process.members(run.id, shim) == set()
    assert glue.output(run) == ["up"]
    assert [r.state for r in RunStore(glue.settings.runs).all()] == [states.FAILED]  # and no retry


def test_logs_wait_for_a_service_that_is_away(glue, monkeypatch):
    glue.services.streams.away = True
    run = glue.start("print('late')")
    wait_until(lambda: process.exit_status(run.folder) == 0, 10, "exit")
    assert not run.ended
    glue.services.streams.away = False
    assert ended(run) == states.SUCCEEDED
    assert glue.output(run) == ["late"]


class TestAfterTheServiceWasKilled:
    """`abandon` leaves a runner as SIGKILL would: its threads do nothing more, what is on disk stays."""

    @staticmethod
    def abandon(glue, run, monkeypatch):
        """The store forgets to write and the threads end, without touching the processes."""
        state = (run.folder / "run.json").read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(process, "end_all", lambda *_, **__: None)
            patch.setattr(glue.runner._children, "reap", lambda *_: None)
            patch.setattr(glue.runner, "_ship", lambda *_, **__: True)
            patch.setattr("shutil.rmtree", lambda *_, **__: None)
            glue.runner.shutdown()
        (run.folder / "run.json").write_bytes(state)
        glue.restart()
        return glue.store.all()[-1]

    def test_a_run_that_goes_on_is_taken_over_and_ends_truthfully(self, glue, tmp_path, monkeypatch):
        go = tmp_path / "go"
        run = glue.start(f"import os, time\nprint('up', flush=True)\nwhile not os.path.exists({str(go)!r}): time.sleep(.01)\n"
                         "print('done')")  # fmt: skip
        up(glue, run)
        wait_until(lambda: glue.output(run) == ["up"], 10, "first line shipped")
        again = self.abandon(glue, run, monkeypatch)
        assert again.state == states.RUNNING
        glue.runner.adopt()
        go.touch()
        assert ended(again) == states.SUCCEEDED
        assert glue.output(run) == ["up", "done"]

    def test_a_run_that_ended_meanwhile_ends_by_its_exit_status(self, glue, monkeypatch):
        run = glue.start(FOREVER)
        shim = up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        os.kill(min(process.members(run.id, shim) - {shim.pid}), signal.SIGKILL)
        wait_until(lambda: process.exit_status(run.folder) is not None, 10, "exit")
        glue.runner.adopt()
        assert ended(again) == states.FAILED
        assert again.record["ErrorMessage"] == "Command failed with exit code 137 (SIGKILL)"

    def test_a_run_that_vanished_has_failed_and_its_last_processes_are_ended(self, glue, monkeypatch):
        run = glue.start("import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n" + FOREVER)
        shim = up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        os.killpg(shim.pid, signal.SIGKILL)
        wait_until(lambda: len(process.members(run.id, shim)) == 1, 10, "only the one outside the group is left")
        glue.runner.adopt()
        assert ended(again) == states.FAILED
        assert again.record["ErrorMessage"] == runner.PROCESS_VANISHED
        assert process.members(run.id, shim) == set()

    def test_a_run_whose_process_was_not_recorded_is_found(self, glue, monkeypatch):
        run = glue.start(FOREVER)
        shim = up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        again.record["JobRunState"], again.local["Process"] = states.STARTING, None
        glue.runner.adopt()
        wait_until(lambda: again.state == states.RUNNING, 10, "taken over")
        assert Process.from_json(again.local["Process"]) == shim

    def test_a_run_that_was_to_get_a_process_when_all_was_killed_has_failed(self, glue, monkeypatch):
        run = glue.start(FOREVER)
        shim = up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        os.killpg(shim.pid, signal.SIGKILL)
        wait_until(lambda: not process.members(run.id, shim), 10, "all are gone")
        again.record["JobRunState"], again.local["Process"] = states.STARTING, None
        glue.runner.adopt()
        assert ended(again) == states.FAILED
        assert again.record["ErrorMessage"] == runner.KILLED_AT_START

    def test_what_an_unrecorded_process_left_running_is_not_taken_for_it(self, glue, monkeypatch, tmp_path):
        go = tmp_path / "go"
        leave = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        run = glue.start(
            f"{leave}import os, time\nprint('up', flush=True)\nwhile not os.path.exists({str(go)!r}): time.sleep(.01)"
        )
        shim = up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        again.record["JobRunState"], again.local["Process"] = states.STARTING, None
        go.touch()
        wait_until(lambda: process.exit_status(run.folder) == 0, 10, "the script has ended")
        assert process.members(run.id, shim)
        glue.runner.adopt()
        assert ended(again) == states.SUCCEEDED
        assert process.members(run.id, shim) == set()

    def test_a_run_that_had_no_process_yet_is_started(self, glue):
        run = glue.new("print('now')")
        glue.restart()
        (again,) = glue.store.all()
        glue.runner.adopt()
        assert ended(again) == states.SUCCEEDED
        assert glue.output(run) == ["now"]

    def test_a_run_that_was_being_stopped_is_stopped(self, glue, monkeypatch):
        run = glue.start(FOREVER)
        shim = up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        glue.store.move(again, states.STOPPING)
        glue.restart()
        (again,) = glue.store.all()
        glue.runner.adopt()
        assert ended(again) == states.STOPPED
        assert process.members(run.id, shim) == set()

    def test_time_goes_on_counting(self, glue, monkeypatch):
        run = glue.start(FOREVER)
        up(glue, run)
        again = self.abandon(glue, run, monkeypatch)
        again.local["Since"] -= 600  # of which an earlier LocalStack has seen most
        again.record["Timeout"] = 10
        glue.runner.adopt()
        assert ended(again) == states.TIMEOUT


def test_a_damaged_run_does_not_hide_the_others(glue, caplog):
    good, bad = glue.new("", concurrent=2), glue.new("", concurrent=2)
    (bad.folder / "run.json").write_text('{"JobRun"')
    assert [run.id for run in RunStore(glue.settings.runs).all()] == [good.id]
    assert "unreadable" in caplog.text
