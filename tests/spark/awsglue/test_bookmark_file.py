"""The bookmark that awsglue reads and writes is the one that the service hands out, takes in and resets."""

from __future__ import annotations

import json

import pytest

from localstack_glue.service.bookmarks import OPTION, Bookmarks
from localstack_glue.service.errors import EntityNotFound
from localstack_glue.service.owner import Owner
from tests.spark.awsglue.conftest import LIBS

ENABLE, PAUSE, DISABLE = (f"job-bookmark-{what}" for what in ("enable", "pause", "disable"))


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A function that runs a job which reads `files`, as (name, modified), and returns what was new to it."""
    monkeypatch.syspath_prepend(str(LIBS))
    from awsglue import bookmarks
    from awsglue.bookmarks import Bookmark

    class File:
        def __init__(self, uri, modified):
            self.uri, self.modified = uri, modified

    service, owner, count = Bookmarks(tmp_path / "kept"), Owner("000000000000", "us-east-1"), iter(range(100))

    def run(files, option=ENABLE, commit=True, **since_until):
        folder = tmp_path / f"run-{next(count)}"
        folder.mkdir()
        arguments = {OPTION: option, **{f"--job-bookmark-{key}": value for key, value in since_until.items()}}
        handed = service.hand_out(owner, "job", arguments, folder)
        bookmark = Bookmark(handed.get(bookmarks.VARIABLE))
        new = [one.uri for one in bookmark.unread("ctx", [File(*one) for one in files])]
        if commit:
            bookmark.commit()
        service.take_in(owner, "job", {"Id": folder.name, "Attempt": 0}, folder, option)
        return new

    run.reset = lambda: service.reset(owner, "job")
    run.state = lambda: json.loads(service.get(owner, "job")["JobBookmark"])
    return run


def test_from_run_to_run(runs):
    files = [("a", 1_000_000), ("b", 2_000_000)]
    assert runs(files, commit=False) == ["a", "b"]
    assert runs(files) == ["a", "b"]
    assert runs(files) == []
    assert runs([*files, ("c", 3_000_000)], PAUSE) == ["c"]
    assert runs([*files, ("c", 3_000_000)], PAUSE) == ["c"], "a paused bookmark stays where it was"
    assert runs(files, DISABLE) == ["a", "b"]
    assert runs([*files, ("c", 3_000_000)]) == ["c"]
    runs.reset()
    assert runs(files) == ["a", "b"]


def test_a_file_that_shows_late_is_read_within_the_band_and_old_ones_are_forgotten(runs):
    runs([("a", 1_000_000), ("b", 2_000_000)])
    assert runs([("late", 1_990_000), ("b", 2_000_000)]) == ["late"]
    assert runs([("later than that", 1_000_001)]) == []
    assert set(runs.state()["ctx"]["files"]) == {"late", "b"}


def test_a_range_of_runs_is_read_again(runs):
    a, b, c = ("a", 1_000_000), ("b", 3_000_000), ("c", 5_000_000)
    for files in ([a], [a, b], [a, b, c]):
        runs(files)
    between = {"from": "run-0", "to": "run-1"}
    assert runs([a, b, c, ("d", 7_000_000)], PAUSE, **between) == ["b"]
    assert runs([a, ("b", 4_000_000), c], PAUSE, **between) == [], "b is another since"
    assert runs([a, b, c]) == []
    with pytest.raises(EntityNotFound, match="--job-bookmark-to is 'run-9'; wanted: the id of a run of job job"):
        runs([a], PAUSE, **{**between, "to": "run-9"})
