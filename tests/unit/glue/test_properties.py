"""Properties of the rules, over whatever hypothesis thinks of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localstack_glue.service import arguments, capacity, errors, jobs, logs, pages
from localstack_glue.service.runs import RunStore
from tests.unit.glue.conftest import OWNER, Streams

# Deterministic, and no more than a few seconds: what CI is to find, it finds every time.
quick = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

KEYS = st.sampled_from(["--day", "--table", "--conf", "--job-language", "--ключ"])
ARGUMENTS = st.none() | st.dictionaries(KEYS, st.text(max_size=5))
COMMANDS = st.sampled_from(["pythonshell", "glueetl", "gluestreaming", "glueray"])
SIZES = st.none() | st.sampled_from([0, 1, 2, 10, 100])
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "AllocatedCapacity": SIZES,
        "MaxCapacity": st.none() | st.sampled_from([0.0625, 1.0, 2.0, 2.5, 10.0]),
        "WorkerType": st.none() | st.sampled_from(["Standard", "G.025X", "G.1X", "G.2X", "G.4X", "G.8X", "Z.2X"]),
        "NumberOfWorkers": st.none() | st.integers(1, 299),
        "Timeout": st.none() | st.integers(1, 20_000),
    },
)


# arguments


@quick
@given(ARGUMENTS, ARGUMENTS, ARGUMENTS)
def test_the_fixed_beat_the_given_which_beat_the_defaults(defaults, passed, fixed):
    merged = arguments.merged(defaults, passed, fixed)
    for key in {*(defaults or {}), *(passed or {}), *(fixed or {})}:
        layers = [layer for layer in (fixed, passed, defaults) if layer and key in layer]
        assert merged.pop(key) == layers[0][key]
    assert merged == {}


@quick
@given(st.dictionaries(KEYS, st.text(max_size=5)))
def test_a_script_gets_keys_and_values_in_their_order(given_):
    assert list(arguments.argv(given_)) == [word for pair in given_.items() for word in pair if word]


@quick
@given(ARGUMENTS, ARGUMENTS)
def test_the_record_shows_only_what_was_passed(tmp_path_factory, passed, defaults):
    store = RunStore(tmp_path_factory.mktemp("runs"))
    run = store.create(
        OWNER, job(DefaultArguments=defaults), {"Arguments": passed}, arguments.merged(defaults, passed, None)
    )
    assert run.record.get("Arguments") == passed
    assert run.local["Arguments"] == {**(defaults or {}), **(passed or {})}
    (again,) = RunStore(run.folder.parent).all()
    assert (again.record, again.local) == (run.record, run.local)


def job(**more: Any) -> dict[str, Any]:
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://b/s.py"}
    return jobs.definition("job", {"Role": "role", "Command": command, **more}, created=None)


# capacity


@quick
@given(REQUESTS, COMMANDS)
def test_what_is_accepted_is_filled_consistently(request_, command):
    try:
        capacity.check(request_, command)
    except errors.InvalidInput:
        return
    try:
        filled = capacity.filled(request_, command)
    except errors.InvalidInput:
        return
    if "MaxCapacity" in filled and "AllocatedCapacity" in filled:
        assert filled["AllocatedCapacity"] == int(filled["MaxCapacity"])
        assert filled["MaxCapacity"] > 0
    if request_.get("MaxCapacity") is not None:
        assert filled["MaxCapacity"] == request_["MaxCapacity"]
    elif request_.get("WorkerType") and request_.get("NumberOfWorkers"):
        assert (filled["WorkerType"], filled["NumberOfWorkers"]) == (
            request_["WorkerType"],
            request_["NumberOfWorkers"],
        )
    elif request_.get("AllocatedCapacity"):
        assert filled["MaxCapacity"] == request_["AllocatedCapacity"]


@quick
@given(REQUESTS, COMMANDS)
def test_the_two_ways_to_say_a_size_exclude_each_other(request_, command):
    """AWS: "Please set only Allocated Capacity or Max Capacity", and neither Max Capacity with workers."""
    if request_.get("MaxCapacity") is None:
        return
    workers = request_.get("WorkerType") is not None or request_.get("NumberOfWorkers") is not None
    if request_.get("AllocatedCapacity") or workers:
        with pytest.raises(errors.InvalidInput):
            capacity.check(request_, command)


# pages

NAMES = st.text(min_size=1, max_size=4)  # a name is never empty


@quick
@given(st.lists(NAMES, unique=True, max_size=60), st.integers(1, 70))
def test_pages_partition_the_list_in_its_order(items, size):
    found, token, most = [], None, 0
    while True:
        page, token = pages.page(items, str, token, size)
        found += page
        most = max(most, len(page))
        if token is None:
            break
        assert len(page) == size
    assert found == items
    assert most <= size


@quick
@given(st.lists(NAMES, unique=True, min_size=1), st.text(max_size=20))
def test_a_token_that_names_nothing_is_refused_and_nothing_else_happens(items, token):
    try:
        page, _ = pages.page(items, str, token, 3)
    except errors.InvalidInput:
        return
    assert page == items[items.index(page[0]) :][:3] if page else items


# logs

BYTES = st.lists(
    st.sampled_from([b"\n", b"\n\n", b"a", "é".encode(), "한".encode(), b"\xff", b"\xed\x95", b"x" * 90, b"y" * 300]),
    max_size=60,
).map(b"".join)


@pytest.fixture(scope="module")
def small_limits() -> Any:
    """So that all of them are met by a few bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "EVENT_BYTES", 64)
        patch.setattr(logs, "CHATTY", 500)
        patch.setattr(logs, "BLOCK", 40)
        patch.setattr(logs, "_READ", 37)
        yield


def shipped(folder: Path, data: bytes, cuts: list[int]) -> list[str]:
    """The events of a file that grew to each of `cuts` before it was whole."""
    streams, path = Streams(), folder / "stdout"
    path.touch()
    shipper = logs.Shipper(streams, path, "g", "s")
    for cut in [*sorted(cuts), len(data)]:
        path.write_bytes(data[:cut])
        shipper.ship()
    shipper.ship(last=True)
    return streams.events.get(("g", "s"), [])


@quick
@given(BYTES, st.lists(st.integers(0, 2000), max_size=6))
def test_no_byte_of_a_log_is_lost_and_its_borders_do_not_depend_on_when_it_was_read(
    small_limits, tmp_path_factory, data, cuts
):
    whole = shipped(tmp_path_factory.mktemp("whole"), data, [])
    assert shipped(tmp_path_factory.mktemp("parts"), data, cuts) == whole
    assert all(0 < len(event.encode()) <= logs.EVENT_BYTES for event in whole)
    # Ends of lines apart, the text is all there, in its order.
    text = data.decode("utf-8", "backslashreplace")
    if b"\xff" not in data and b"\xed\x95" not in data.replace("한".encode(), b""):
        assert "".join(whole).replace("\n", "").replace(" ", "") == text.replace("\n", "")
