"""Runs on a disk that is full, really: what was promised stays true, and nothing is left half made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack_glue.service import process, states
from localstack_glue.service.documents import Documents
from localstack_glue.service.runs import RunStore
from tests.support.polling import wait_until
from tests.support.small_disk import SmallDisk, small_disk
from tests.unit.glue.conftest import OWNER, Glue


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=4) as made:
        yield made


@pytest.fixture
def glue(disk: SmallDisk) -> Iterator[Glue]:
    made = Glue(disk.path)
    yield made
    disk.free()
    made.runner.shutdown()


def waiting_for(signal: Path, then: str = "") -> str:
    return (
        f"import os, time\nprint('up', flush=True)\nwhile not os.path.exists({str(signal)!r}): time.sleep(.01)\n{then}"
    )


def started(glue, script, **job):
    run = glue.start(script, **job)
    wait_until(lambda: run.state == states.RUNNING and (run.folder / "stdout").read_text(), 10, "the job is up")
    return run


def state_on_disk(glue):
    return [run.state for run in RunStore(glue.settings.runs).all()]


def test_a_script_that_reaches_its_end_succeeds_and_a_restart_finds_that(glue, disk, tmp_path):
    run = started(glue, waiting_for(tmp_path / "go"))
    disk.fill()
    (tmp_path / "go").touch()
    assert run.done.wait(15)
    assert (run.state, process.exit_status(run.folder)) == (states.SUCCEEDED, 0)
    assert state_on_disk(glue) == [states.SUCCEEDED]


def test_a_run_can_be_stopped_and_a_restart_does_not_take_it_for_a_failure(glue, disk, tmp_path):
    run = started(glue, waiting_for(tmp_path / "never"), max_retries=1)
    disk.fill()
    glue.runner.stop(run)
    assert run.done.wait(15)
    assert run.state == states.STOPPED
    assert state_on_disk(glue) == [states.STOPPED]


def test_a_script_that_fills_the_disk_fails_and_says_so(glue, disk):
    run = glue.start("while True: print('x' * 1000, flush=True)")
    assert run.done.wait(30)
    assert run.state == states.FAILED
    assert "No space left on device" in run.record["ErrorMessage"] or "exit code" in run.record["ErrorMessage"]
    assert state_on_disk(glue) == [states.FAILED]


def test_a_run_that_cannot_be_written_is_not_started_and_leaves_nothing(glue, disk):
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        glue.new("print('never')")
    assert list(glue.settings.runs.iterdir()) == []
    assert glue.store.all() == []
    disk.free()
    assert glue.start("print('now')").done.wait(15)


def test_a_change_for_which_there_is_no_room_at_all_is_written_when_there_is(glue, disk, tmp_path):
    run = started(glue, waiting_for(tmp_path / "go"))
    (run.folder / ".run.json.room").unlink()  # somebody else was quicker
    disk.fill()
    (tmp_path / "go").touch()
    assert run.done.wait(15)
    assert run.state == states.SUCCEEDED
    assert state_on_disk(glue) == [states.RUNNING]
    disk.free()
    wait_until(lambda: state_on_disk(glue) == [states.SUCCEEDED], 10, "it is written")


def test_the_next_attempt_waits_for_room(glue, disk, tmp_path):
    run = started(glue, waiting_for(tmp_path / "go", "raise SystemExit(1)"), max_retries=1)
    disk.fill()
    (tmp_path / "go").touch()
    assert run.done.wait(15)
    assert glue.store.all() == [run]
    disk.free()
    wait_until(lambda: len(glue.store.all()) == 2, 10, "the second attempt")
    assert glue.store.all()[1].done.wait(15)


def test_room_is_given_back_at_the_end(glue):
    run = glue.start("pass")
    assert run.done.wait(15)
    assert not list(run.folder.glob(".*"))


def test_a_definition_is_as_it_was_after_a_write_that_failed(glue, disk):
    documents = Documents(disk.path / "jobs", lambda document: str(document["Name"]))
    documents.put(OWNER, {"Name": "a", "Size": 1})
    disk.fill()
    for document in ({"Name": "a", "Size": 2, "Text": "x" * 5000}, {"Name": "b", "Text": "x" * 5000}):
        with pytest.raises(OSError, match="No space left"):
            documents.put(OWNER, document)
    assert documents.listed(OWNER) == [{"Name": "a", "Size": 1}]
    again = Documents(disk.path / "jobs", lambda document: str(document["Name"]))
    assert again.listed(OWNER) == [{"Name": "a", "Size": 1}]
    assert [json.loads(path.read_text())["Size"] for path in disk.path.glob("jobs/*/*/*")] == [1]
