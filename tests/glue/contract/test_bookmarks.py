"""Job bookmarks: read, reset, and the state that scripts read and commit."""

from __future__ import annotations

import json

from tests.glue.contract.conftest import refused

# What awsglue's Job.init and Job.commit do, with nothing but the file they use.
COMMITS = """
import json, os, sys
path = os.environ.get("GLUE_JOB_BOOKMARK_FILE")
if path is None:
    print("none")
else:
    state = json.load(open(path))["JobBookmark"]
    print(json.dumps(state))
    state["seen"] = state.get("seen", 0) + 1
    json.dump({"JobBookmark": state}, open(path + ".new", "w"))
    os.replace(path + ".new", path)
"""
ENABLED = {"--job-bookmark-option": "job-bookmark-enable"}


def run(api, name, option="job-bookmark-enable"):
    run_id = api.start(name, Arguments={"--job-bookmark-option": option})
    assert api.ended(name, run_id)["JobRunState"] == "SUCCEEDED"
    return run_id, api.lines(run_id)[0]


def entry(api, name, **run_id):
    return api.glue.get_job_bookmark(JobName=name, **run_id)["JobBookmarkEntry"]


def test_a_job_without_a_bookmark(api):
    name = api.job("")
    for operation in (api.glue.get_job_bookmark, api.glue.reset_job_bookmark):
        with refused("EntityNotFoundException", f"Continuation for job {name} not found"):
            operation(JobName=name)


def test_each_run_reads_what_the_one_before_committed(api):
    name = api.job(COMMITS)
    first, read = run(api, name)
    assert read == "{}"
    second, read = run(api, name)
    assert json.loads(read) == {"seen": 1}
    found = entry(api, name)
    assert (found["JobName"], found["Run"], found["Version"], found["Attempt"]) == (name, 2, 0, 0)
    assert (found["RunId"], found["PreviousRunId"]) == (second, first)
    assert json.loads(found["JobBookmark"]) == {"seen": 2}
    assert json.loads(entry(api, name, RunId=first)["JobBookmark"]) == {"seen": 1}


def test_paused_it_is_read_and_stays_disabled_it_is_not_there(api):
    name = api.job(COMMITS)
    run(api, name)
    assert json.loads(run(api, name, "job-bookmark-pause")[1]) == {"seen": 1}
    assert json.loads(entry(api, name)["JobBookmark"]) == {"seen": 1}
    assert run(api, name, "job-bookmark-disable")[1] == "none"


def test_it_is_reset_to_the_beginning_or_to_a_run(api):
    name = api.job(COMMITS)
    first, _ = run(api, name)
    run(api, name)
    back = api.glue.reset_job_bookmark(JobName=name, RunId=first)["JobBookmarkEntry"]
    assert (json.loads(back["JobBookmark"]), back["RunId"], back["Version"]) == ({"seen": 1}, first, 1)
    assert json.loads(run(api, name)[1]) == {"seen": 1}
    begin = api.glue.reset_job_bookmark(JobName=name)["JobBookmarkEntry"]
    assert (begin["JobBookmark"], begin["Run"], begin["Version"]) == ("{}", 0, 2)
    assert run(api, name)[1] == "{}"


def test_what_a_failing_script_has_committed_counts_and_what_it_has_not_does_not(api):
    name = api.job(COMMITS + "raise SystemExit(1)")
    api.ended(name, api.start(name, Arguments=ENABLED))
    assert json.loads(entry(api, name)["JobBookmark"]) == {"seen": 1}
    other = api.job("raise SystemExit(1)")
    api.ended(other, api.start(other, Arguments=ENABLED))
    with refused("EntityNotFoundException"):
        entry(api, other)


def test_a_script_may_ask_for_it_itself(api):
    name = api.job(COMMITS)
    run(api, name)
    asks = api.job(
        f"import boto3; print(boto3.client('glue').get_job_bookmark(JobName='{name}')['JobBookmarkEntry']['Run'])"
    )
    run_id = api.start(asks)
    assert api.ended(asks, run_id)["JobRunState"] == "SUCCEEDED"
    assert api.lines(run_id) == ["1"]


def test_it_goes_with_its_job(api):
    name = api.job(COMMITS)
    run(api, name)
    api.glue.delete_job(JobName=name)
    with refused("EntityNotFoundException"):
        entry(api, name)
