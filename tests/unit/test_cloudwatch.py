"""What goes to CloudWatch, without one: limits of a batch, lines of files, statsd, names of metrics."""

from __future__ import annotations

import sys
import time

import pytest

from mwaa_local.settings import ROOT

sys.path.append(str(ROOT / "src" / "mwaa_airflow"))

from mwaa_airflow.cloudwatch import api, follow, metrics, names
from mwaa_airflow.cloudwatch.journal import Journal
from mwaa_airflow.cloudwatch.statsd import Statsd

NOW = 1_650_000_000_000
DAY = 24 * 3600 * 1000


def event(message="x", timestamp=NOW):
    return {"timestamp": timestamp, "message": message}


def test_a_batch_is_within_the_limits_of_put_log_events_and_in_order():
    events = [event("é" * 1000, NOW - n) for n in range(25_000)]
    batches = list(api.batches(events, NOW))
    assert sum(map(len, batches)) == len(events)
    for batch in batches:
        assert len(batch) <= 10_000
        assert sum(len(e["message"].encode()) + 26 for e in batch) <= 1_048_576
        assert [e["timestamp"] for e in batch] == sorted(e["timestamp"] for e in batch)


def test_a_batch_spans_less_than_a_day_and_what_is_too_old_or_ahead_comes_at_the_time_of_now():
    events = [event("a", NOW - 15 * DAY), event("b", NOW - 3 * DAY), event("c"), event("d", NOW + DAY), event("")]
    batches = list(api.batches(events, NOW))
    assert [[e["message"] for e in batch] for batch in batches] == [["b"], ["a", "c", "d"]]
    assert {e["timestamp"] for e in batches[1]} == {NOW}


def test_a_long_line_is_cut_between_characters_and_nothing_of_it_is_lost():
    text = "a" + "한" * 200_000
    pieces = api.pieces(text)
    assert "".join(pieces) == text and len(pieces) == 3
    assert all(len(piece.encode()) + 26 <= 262_144 for piece in pieces)


def taken(path):
    """All lines of a file, and of those it was rotated to, from the beginning."""
    position, found = None, []
    while result := follow.take(str(path), position):
        lines, position = result
        found += lines
    return found, position


def test_only_whole_lines_are_taken(tmp_path):
    log = tmp_path / "x.log"
    log.write_bytes(b"one\n\ntwo\nthr")
    lines, position = taken(log)
    assert lines == [b"one", b"", b"two"]
    log.write_bytes(b"one\n\ntwo\nthree\n")
    assert follow.take(str(log), position)[0] == [b"three"]


def test_rotated_files_are_taken_to_their_ends_in_order(tmp_path):
    log = tmp_path / "x.log"
    log.write_bytes(b"1\n")
    _, position = taken(log)
    with log.open("ab") as file:
        file.write(b"2\nlast, without an end")
    log.rename(tmp_path / "x.log.2")
    (tmp_path / "x.log.1").write_bytes(b"3\n")
    log.write_bytes(b"4\n")
    found = []
    while result := follow.take(str(log), position):
        lines, position = result
        found += lines
    assert found == [b"2", b"last, without an end", b"3", b"4"]


def test_lines_that_were_rotated_away_are_marked(tmp_path):
    log = tmp_path / "x.log"
    log.write_bytes(b"1\n")
    _, position = taken(log)
    log.unlink()
    (tmp_path / "x.log.1").write_bytes(b"8\n")
    log.write_bytes(b"9\n")
    found = []
    while result := follow.take(str(log), position):
        lines, position = result
        found += lines
    assert found == [None, b"8", b"9"]
    assert "are lost" in follow.events(found, "x.log")[0]["message"]


def test_a_file_that_was_emptied_or_made_anew_is_taken_from_its_beginning(tmp_path):
    log = tmp_path / "x.log"
    log.write_bytes(b"a long line of before\n")
    _, position = taken(log)
    log.write_bytes(b"new\n")
    found = []
    while result := follow.take(str(log), position):
        lines, position = result
        found += lines
    assert found == [b"new"]


def test_an_event_has_the_time_of_its_line_and_further_lines_that_of_the_first():
    lines = [b"[2022-01-02 03:04:05,678] {{x.py:1}} INFO - a", b"  more", b"[2022-01-02 03:04:06,000] b", b"\xff"]
    first, more, second, odd = follow.events(lines, "x")
    assert first["timestamp"] % 1000 == 678 and more["timestamp"] == first["timestamp"]
    assert second["timestamp"] - first["timestamp"] == 322
    assert time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(first["timestamp"] / 1000)) == "2022-01-02 03:04:05"
    assert odd["message"] == "\\xff"


class Stream:
    """CloudWatch Logs as far as the journal asks it: one stream, that can be out of reach before or after a call."""

    def __init__(self):
        self.there, self.fails = [], ""

    def put_events(self, group, stream, events):
        if self.fails == "before":
            raise api.Unreachable("before")
        self.there += [dict(e, ingestionTime=int(time.time() * 1000)) for e in events]
        if self.fails == "after":
            raise api.Unreachable("after")

    def events(self, group, stream, since=None, until=None):
        return [e for e in self.there if since <= e["timestamp"] < until]


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("killed", [False, True])
def test_events_arrive_once_whenever_the_answer_is_lost_and_the_agent_is_killed(tmp_path, fails, killed):
    cloudwatch, path = Stream(), str(tmp_path / "journal.sqlite")
    journal = Journal(path)
    now = int(time.time() * 1000)
    events = [event(text, now) for text in ("a", "b", "b")]
    journal.take("g", "s", events, "file", follow.Position(1, 2, b"head"))
    cloudwatch.fails = fails
    with pytest.raises(api.Unreachable):
        journal.deliver(cloudwatch, print)
    if killed:
        journal = Journal(path)
    cloudwatch.fails = ""
    journal.deliver(cloudwatch, print)
    journal.deliver(cloudwatch, print)
    assert [e["message"] for e in cloudwatch.there] == ["a", "b", "b"]
    assert journal.position("file") == (1, 2, b"head")


def test_statsd_is_summed_up_as_its_kinds_want_it():
    statsd = Statsd()
    assert statsd.receive(b"a:1|c\na:2|c|@0.5\ng:5|g\ng:+2|g\ng:-1|g\nt:10|ms\nt:30|ms") == 0
    assert statsd.receive(b"nonsense\nx:1|z\na:b|c\nx:1|c|@0") == 4
    assert statsd.take() == ({"a": 5.0}, {"g": 6.0}, {"t": (2.0, 40.0, 10.0, 30.0)})
    assert statsd.take() == ({}, {"g": 6.0}, {})


@pytest.mark.parametrize(
    ("statsd", "name", "dimensions"),
    [
        ("airflow.scheduler_heartbeat", "SchedulerHeartbeat", {"Function": "Scheduler"}),
        ("airflow.ti.finish.my_dag.g.t.success", "FinishedTaskInstances", {"DAG": "All", "Task": "All", "State": "success"}),
        ("airflow.dag.my_dag.my_task.duration", "TaskInstanceDuration", {"DAG": "my_dag", "Task": "my_task"}),
        ("airflow.dag.callback_exceptions", "DagCallbackExceptions", {"DAG": "All"}),
        ("airflow.dagrun.duration.success.my_dag", "DAGDurationSuccess", {"DAG": "my_dag"}),
        ("airflow.dagrun.my_dag.first_task_scheduling_delay", "FirstTaskSchedulingDelay", {"DAG": "my_dag"}),
        ("airflow.dag_processing.last_run.seconds_ago.f", "DAGFileProcessingLastRunSecondsAgo", {"DAG Filename": "f"}),
        ("airflow.pool.open_slots.default_pool", "PoolOpenSlots", {"Pool": "default_pool"}),
        ("airflow.operator_failures_BashOperator", "OperatorFailures", {"Operator": "BashOperator"}),
        ("airflow.task_instance_created-BashOperator", "TaskInstanceCreatedUsingOperator", {"Operator": "BashOperator"}),
        ("airflow.local_task_job_heartbeat_failure", "JobHeartbeatFailure", {"Job": "local_task_job"}),
        ("airflow.localtaskjob_start", "JobStart", {"Job": "localtaskjob"}),
        ("airflow.my.own_metric", "my.own_metric", {}),
    ],
)  # fmt: skip
def test_a_metric_has_the_name_and_dimensions_of_mwaas_guide(statsd, name, dimensions):
    assert metrics.named(statsd)[::2] == (name, dimensions)


class Metrics:
    def __init__(self):
        self.put, self.reachable = [], True

    def put_metrics(self, namespace, data):
        if not self.reachable:
            raise api.Unreachable("")
        assert namespace == "AmazonMWAA"
        self.put += data


def test_metrics_wait_for_cloudwatch_and_an_unchanged_gauge_is_not_repeated_at_once():
    cloudwatch, statsd = Metrics(), Statsd()
    publisher = metrics.Publisher(cloudwatch, "my-env")
    statsd.receive(b"airflow.executor.open_slots:3|g\nairflow.ti_failures:1|c\nairflow.collect_db_dags:4|ms")
    cloudwatch.reachable = False
    with pytest.raises(api.Unreachable):
        publisher.publish(statsd)
    cloudwatch.reachable = True
    publisher.publish(statsd)
    publisher.publish(statsd)
    assert sorted(datum["MetricName"] for datum in cloudwatch.put) == [
        "CollectDBDags",
        "OpenSlots",
        "TaskInstanceFailures",
    ]
    assert all({"Name": "Environment", "Value": "my-env"} in datum["Dimensions"] for datum in cloudwatch.put)
    [timer] = [datum for datum in cloudwatch.put if datum["MetricName"] == "CollectDBDags"]
    assert timer["StatisticValues"] == {"SampleCount": 1, "Sum": 4, "Minimum": 4, "Maximum": 4}
    assert timer["Unit"] == "Milliseconds"


def test_names_of_groups_and_streams(monkeypatch):
    monkeypatch.setenv("ENV_NAME", "MyEnvironment")
    assert names.group("Task") == "airflow-MyEnvironment-Task"
    assert names.stream_name("d/t/2022-01-01T00:00:00+00:00/1.log") == "d/t/2022-01-01T00_00_00+00_00/1.log"
    assert (names.is_on("Task"), names.level("Task")) == (True, "INFO")
    monkeypatch.setenv("TASK_LOGS", "off")
    assert (names.is_on("Task"), names.level("Task")) == (False, "INFO")
