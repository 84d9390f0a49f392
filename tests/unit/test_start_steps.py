"""What `make up` and `make status` say of the steps before Airflow."""

import json
import threading

import pytest

from mwaa_local import start_steps
from mwaa_local.errors import NotReady
from mwaa_local.native.stack import NativeStack
from mwaa_local.roles import Role
from mwaa_local.settings import Settings
from mwaa_local.start_steps import Record, Step

PIP = Step("requirements", "failed", "ERROR: No matching distribution found for [x]==1", "/logs/r.log", 2.0)


def record(role, *steps):
    return Record(role, steps)


def test_roles_with_the_same_verdict_are_one_and_what_is_well_is_not_said():
    records = [record("scheduler", Step("plugins", "done"), PIP), record("worker", PIP), record("worker", PIP)]
    records.append(record("webserver", Step("startup script", "warned", "Validation Error: x")))
    said = start_steps.verdicts(records)
    assert said == [(["scheduler", "worker", "worker"], PIP), (["webserver"], records[3].steps[0])]
    assert [one.failed for one in records] == [True, True, True, False]


def test_the_verdict_has_the_roles_the_line_as_it_is_the_consequence_and_the_log(capsys):
    start_steps.show([record("worker", PIP), record("scheduler", PIP)])
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("requirements failed in scheduler, worker: ERROR: No matching distribution found for [x]==1")
    assert "Airflow runs without any of requirements.txt, as on MWAA. Log: /logs/r.log" in said


def test_nothing_is_said_where_all_is_well(capsys):
    start_steps.show([record("worker", Step("plugins", "done"))])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"role": "x", "steps": [{"unknown": 1}]}'])
def test_what_is_no_record_is_none(text):
    assert start_steps.parse(text) is None


def test_the_step_that_runs_is_known_until_it_is_forgotten(tmp_path):
    settings = Settings(mwaa_state=tmp_path)
    settings.run_folder.mkdir()
    steps = [{"step": "plugins", "state": "done"}, {"step": "startup script", "state": "running"}]
    content = {"role": "worker", "pid": 1, "steps": steps}
    (settings.run_folder / "worker.start.json").write_text(json.dumps(content))
    assert start_steps.running(settings, "worker") == "startup script"
    start_steps.forget(settings, "worker")
    assert start_steps.running(settings, "worker") == "" and start_steps.read(settings, "worker") is None


@pytest.fixture
def starting(tmp_path, monkeypatch):
    """A stack whose scheduler runs, may take a second to be healthy, and is at a step until `write("done")`."""
    settings = Settings(mwaa_state=tmp_path, up_timeout=1)
    settings.run_folder.mkdir()
    stack = NativeStack(settings, "test")

    def write(state):
        steps = [{"step": "requirements", "state": state}]
        new = tmp_path / "new.json"
        new.write_text(json.dumps({"role": "scheduler", "pid": 1, "steps": steps}))
        new.replace(settings.run_folder / "scheduler.start.json")

    monkeypatch.setattr(stack, "states", lambda: {"scheduler": {"statename": "RUNNING"}})
    monkeypatch.setattr(stack, "health", lambda name, patience: (not start_steps.running(settings, name), "no"))
    write("running")
    return stack, write


def test_what_a_role_does_before_airflow_does_not_count_for_up_timeout(starting):
    stack, write = starting
    shown = set()
    timer = threading.Timer(2, write, ["done"])
    timer.start()
    stack._wait_until_ready(Role("scheduler"), lambda name, state: shown.add((name, state)))
    timer.join()
    assert shown == {("scheduler", "requirements")}


def test_a_role_that_comes_no_further_is_given_up_when_its_steps_have_no_time_left(starting, monkeypatch):
    stack, _ = starting
    monkeypatch.setattr(start_steps, "longest", lambda settings: 0.5)
    with pytest.raises(NotReady):
        stack._wait_until_ready(Role("scheduler"), lambda name, state: None)
