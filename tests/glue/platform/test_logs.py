"""Log events lie in a database: a SIGKILL loses none that was answered, and none is kept in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.localstack import VENVS, LocalStack, run_python
from tests.support.polling import wait_until

GROUP = "/group"


def put(logs: Any, stream: str, *messages: str, group: str = GROUP) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def messages(logs: Any, stream: str) -> list[str]:
    """All of them, over all pages."""
    found, token = [], None
    while True:
        page = logs.get_log_events(
            logGroupName=GROUP, logStreamName=stream, startFromHead=True, **({"nextToken": token} if token else {})
        )
        found += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return found
        token = page["nextForwardToken"]


def put_until_cut(logs: Any, stream: str, answered: list[str]) -> None:
    while True:
        line = f"{stream} {len(answered)}"
        try:
            put(logs, stream, line)
        except (BotoCoreError, ClientError):
            return
        answered.append(line)


def test_a_sigkill_loses_no_event_that_was_answered(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    logs = own.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    answered: dict[str, list[str]] = {}
    for round_ in range(2):
        streams = [f"{round_}-{number}" for number in range(3)]
        for stream in streams:
            logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            answered[stream] = []
        writers = [
            threading.Thread(target=put_until_cut, args=(own.client("logs"), stream, answered[stream]))
            for stream in streams
        ]
        for writer in writers:
            writer.start()
        wait_until(lambda s=streams: all(len(answered[name]) > 30 for name in s), 60, "enough was written")
        own.crash()
        for writer in writers:
            writer.join()
        own.start()
        for stream, lines in answered.items():
            found = messages(logs, stream)
            # The one under way when it was killed may be there, too.
            assert found[: len(lines)] == lines and len(found) - len(lines) in (0, 1), stream


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Logs of an instance that was killed at once after its last change, and started again."""
    with LocalStack(tmp_path_factory.mktemp("logs")) as own:
        logs = own.client("logs")
        for group in (GROUP, "/gone"):
            logs.create_log_group(logGroupName=group)
            for stream in ("a", "b", "deleted"):
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, "a", "one", "zwei ✓", "half a pair \ud83d", " ")
        put(logs, "b", "three")
        put(logs, "deleted", "gone")
        put(logs, "a", "gone", group="/gone")
        logs.delete_log_stream(logGroupName=GROUP, logStreamName="deleted")
        logs.delete_log_group(logGroupName="/gone")
        own.crash()
        own.start()
        yield logs


def test_events_read_as_before(crashed: Any) -> None:
    found = messages(crashed, "a")
    assert found[:2] + found[3:] == ["one", "zwei ✓", " "]
    assert found[2].startswith("half a pair ")


def test_streams_are_described_and_deleted_ones_stay_deleted(crashed: Any) -> None:
    (a, b) = crashed.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert (a["logStreamName"], b["logStreamName"]) == ("a", "b")
    assert a["firstEventTimestamp"] <= a["lastEventTimestamp"] <= b["lastEventTimestamp"]
    assert b["storedBytes"] == len("three")
    (group,) = crashed.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert group["storedBytes"] == a["storedBytes"] + b["storedBytes"]


def test_the_same_stream_is_not_made_twice_and_an_unknown_one_is_unknown(crashed: Any) -> None:
    with pytest.raises(crashed.exceptions.ResourceAlreadyExistsException):
        crashed.create_log_stream(logGroupName=GROUP, logStreamName="a")
    with pytest.raises(crashed.exceptions.ResourceNotFoundException):
        put(crashed, "nowhere", "x")


def test_events_are_filtered_and_have_ids_of_their_own_over_a_restart(crashed: Any) -> None:
    put(crashed, "b", "four")
    events = crashed.filter_log_events(logGroupName=GROUP)["events"]
    assert {event["message"] for event in events} >= {"one", "three", "four"}
    assert len({event["eventId"] for event in events}) == len(events) == 6


def test_a_group_made_again_is_empty(crashed: Any) -> None:
    if any(group["logGroupName"] == "/gone" for group in crashed.describe_log_groups()["logGroups"]):
        crashed.delete_log_group(logGroupName="/gone")  # it came back, empty, from the last snapshot
    crashed.create_log_group(logGroupName="/gone")
    assert crashed.describe_log_streams(logGroupName="/gone")["logStreams"] == []


def test_a_damaged_database_is_set_aside(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    logs = own.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    put(logs, "s", "lost")
    own.stop()
    state = own.home / "state"
    for file in state.glob("logs.db-*"):
        file.unlink()
    (state / "logs.db").write_bytes(b"not a database" * 1000)
    own.start()
    assert logs.describe_log_streams(logGroupName=GROUP)["logStreams"] == []
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    put(logs, "s", "kept")
    assert messages(logs, "s") == ["kept"]
    assert "The log events could not be read" in own.log and list(state.glob("logs.db.broken-*"))


OLD_SNAPSHOT = """
import pickle, sys
from pathlib import Path
from moto.logs.models import logs_backends
backend = logs_backends["000000000000"]["us-east-1"]
backend.create_log_group("/old", {})
backend.create_log_stream("/old", "s")
backend.groups["/old"].put_log_events("s", [{"timestamp": n, "message": str(n)} for n in range(3)])
kept = pickle.dumps(backend.groups)

from localstack_glue.platform.log_database import LogDatabase, Streams
database = LogDatabase(Path(sys.argv[1]) / "logs.db")
database.install()
for _ in range(2):  # as if killed before the next snapshot was written
    backend.groups = pickle.loads(kept)
    database.restore()
group = backend.groups["/old"]
assert isinstance(group.streams, Streams) and list(group.streams) == ["s"]
assert [event.message for event in group.streams["s"].events] == ["0", "1", "2"]
assert pickle.loads(pickle.dumps(group)).streams["s"].stored_bytes == 3
assert len(pickle.dumps(group)) < 1000
"""


def test_streams_of_a_snapshot_of_an_earlier_release_move_into_the_database(tmp_path: Any) -> None:
    run_python(VENVS / "localstack/bin/python", OLD_SNAPSHOT, str(tmp_path))


MANY_EVENTS = """
import pickle, sys, tracemalloc
from pathlib import Path
from localstack.aws.patches import apply_aws_runtime_patches
apply_aws_runtime_patches()  # as LocalStack does when it starts
from localstack_glue.platform.log_database import LogDatabase
from moto.logs.models import logs_backends
LogDatabase(Path(sys.argv[1]) / "logs.db").install()
backend = logs_backends["000000000000"]["us-east-1"]
backend.create_log_group("/g", {})
tracemalloc.start()
for run in range(500):
    backend.create_log_stream("/g", f"jr_{run}")
    events = [{"timestamp": number, "message": "x" * 100} for number in range(100)]
    backend.groups["/g"].put_log_events(f"jr_{run}", events)
del events
kept, _ = tracemalloc.get_traced_memory()
assert kept < 200_000, f"{kept} bytes are kept of 500 streams with 50,000 events"
assert len(pickle.dumps(backend.groups)) < 1000
assert sum(1 for _ in backend.groups["/g"].streams["jr_499"].events) == 100
"""


def test_neither_streams_nor_events_are_kept_in_memory_or_in_the_snapshot(tmp_path: Any) -> None:
    """moto alone keeps 7 MB of these."""
    run_python(VENVS / "localstack/bin/python", MANY_EVENTS, str(tmp_path))
