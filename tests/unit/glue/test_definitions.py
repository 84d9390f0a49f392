"""Arguments, states, capacity, pages, job definitions."""

from __future__ import annotations

import itertools

import pytest

from localstack_glue.service import arguments, capacity, errors, pages, states
from localstack_glue.service.jobs import JobStore
from localstack_glue.service.owner import Owner

OWNER = Owner("1", "r")

COMMAND = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://b/k.py"}


def test_run_arguments_beat_defaults_and_lose_to_non_overridable_ones():
    merged = arguments.merged({"--a": "1", "--b": "1", "--c": "1"}, {"--b": "2", "--c": "2"}, {"--c": "3"})
    assert merged == {"--a": "1", "--b": "2", "--c": "3"}
    assert arguments.argv(merged) == ["--a", "1", "--b", "2", "--c", "3"]
    assert arguments.merged(None, None, None) == {}


def test_terminal_states_are_left_by_no_move():
    assert {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"} == states.TERMINAL
    for before, after in itertools.product(states.TERMINAL, states.ALLOWED):
        with pytest.raises(states.ImpossibleTransition, match=f"from {before} to {after}"):
            states.check(before, after)


def test_every_state_can_reach_a_terminal_one():
    for state in states.ALLOWED:
        reached, frontier = set(), {state}
        while frontier:
            reached |= frontier
            frontier = set().union(*(states.ALLOWED[s] for s in frontier)) - reached
        assert reached & states.TERMINAL, state


def test_python_shell_jobs_default_to_a_sixteenth_of_a_dpu():
    assert capacity.filled({}, "pythonshell") == {"AllocatedCapacity": 0, "MaxCapacity": 0.0625}
    assert capacity.filled({}, "glueetl") == {"AllocatedCapacity": 10, "MaxCapacity": 10.0}


def test_workers_determine_the_capacity():
    found = capacity.filled({"WorkerType": "G.2X", "NumberOfWorkers": 5}, "glueetl")
    assert (found["MaxCapacity"], found["AllocatedCapacity"]) == (10.0, 10)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"MaxCapacity": 1.0, "AllocatedCapacity": 2}, "Please set only Allocated Capacity or Max Capacity."),
        ({"MaxCapacity": 1.0, "WorkerType": "G.1X"}, "Please do not set Max Capacity if using Worker Type"),
        ({"MaxCapacity": 0.5}, "must be either 0.0625 or 1.0"),
        ({"Timeout": 10081}, "10080"),
    ],
)
def test_impossible_capacity_is_refused(request_, text):
    with pytest.raises(errors.InvalidInput, match=text):
        capacity.check(request_, "pythonshell")


def test_pages_follow_each_other_without_gap_or_overlap():
    items = [f"i{n}" for n in range(7)]
    seen, token = [], None
    while True:
        found, token = pages.page(items, str, token, 3)
        seen += found
        if token is None:
            break
    assert seen == items
    assert pages.page(items, str, None, 7) == (items, None)


@pytest.mark.parametrize("token", ["nonsense", "!!", "aTk="])
def test_a_token_that_names_nothing_is_refused(token):
    with pytest.raises(errors.InvalidInput):
        pages.page(["a"], str, token, 1)


def test_jobs_are_there_after_a_restart(tmp_path):
    JobStore(tmp_path).create(OWNER, {"Name": "a/b ü", "Role": "x", "Command": COMMAND, "Tags": {"k": "v"}})
    again = JobStore(tmp_path)
    assert again.get(OWNER, "a/b ü")["Role"] == "x"
    assert again.tags(OWNER, "a/b ü") == {"k": "v"}
    assert again.listed(Owner("2", "r")) == again.listed(Owner("1", "other")) == []
    again.delete(OWNER, "a/b ü")
    assert JobStore(tmp_path).listed(OWNER) == []


def test_a_damaged_definition_does_not_hide_the_others(tmp_path, caplog):
    store = JobStore(tmp_path)
    for name in ("good", "bad"):
        store.create(OWNER, {"Name": name, "Command": COMMAND})
    store._documents._path(OWNER, "bad").write_text('{"Job": ')
    assert [job["Name"] for job in JobStore(tmp_path).listed(OWNER)] == ["good"]
    assert "unreadable" in caplog.text


def test_a_job_gets_aws_defaults(tmp_path):
    job = JobStore(tmp_path).create(OWNER, {"Name": "j", "Role": "x", "Command": COMMAND})
    wanted = {"MaxRetries": 0, "Timeout": 2880, "MaxCapacity": 0.0625, "AllocatedCapacity": 0, "GlueVersion": "3.0"}
    assert wanted.items() <= job.items()
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}


def test_creating_a_job_twice_tells_whether_it_is_the_same(tmp_path):
    store = JobStore(tmp_path)
    store.create(OWNER, {"Name": "j", "Command": COMMAND})
    with pytest.raises(errors.AlreadyExists):
        store.create(OWNER, {"Name": "j", "Command": COMMAND})
    with pytest.raises(errors.IdempotentParameterMismatch, match="already submitted with different configuration"):
        store.create(OWNER, {"Name": "j", "Command": COMMAND, "Timeout": 5})


def test_an_update_replaces_the_definition_and_keeps_its_age(tmp_path):
    store = JobStore(tmp_path)
    before = store.create(OWNER, {"Name": "j", "Command": COMMAND, "Description": "gone after", "Timeout": 5})
    after = store.update(OWNER, "j", {"Command": COMMAND, "MaxRetries": 2})
    assert (after["MaxRetries"], after["Timeout"], "Description" in after) == (2, 2880, False)
    assert after["CreatedOn"] == before["CreatedOn"] < after["LastModifiedOn"]


def test_what_a_caller_does_with_an_answer_changes_nothing(tmp_path):
    store = JobStore(tmp_path)
    store.create(OWNER, {"Name": "j", "Command": COMMAND})
    store.get(OWNER, "j")["Command"]["Name"] = "changed"
    assert store.get(OWNER, "j")["Command"]["Name"] == "pythonshell"
