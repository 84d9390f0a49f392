"""When Spark's event log is put into S3: only what has grown, again after a failure, and under one name in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from localstack_glue.service.runners.spark.event_log import EventLog
from localstack_glue.service.runs import Run

ARGUMENTS = {"--enable-spark-ui": "true", "--spark-event-logs-path": "s3://logs/spark/"}


class Objects:
    """What was put, by its URI, and how often; nothing can be while it is `away`."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.puts, self.away = 0, False

    def put(self, uri: str, file: Path) -> None:
        if self.away:
            raise ConnectionError("S3 is away")
        self.held[uri] = file.read_text()
        self.puts += 1

    def delete(self, uri: str) -> None:
        self.held.pop(uri, None)


@pytest.fixture
def objects() -> Objects:
    return Objects()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "work" / "spark-events").mkdir(parents=True)
    return Run({"Id": "jr_1"}, {"Arguments": ARGUMENTS}, tmp_path)


def written(run: Run, name: str, text: str) -> Path:
    file = run.folder / "work" / "spark-events" / name
    file.write_text(text)
    return file


def test_a_file_is_put_again_only_when_it_has_grown(run: Run, objects: Objects) -> None:
    log = EventLog(run, objects, minute=0)  # every look is due
    for text, puts in (("a\n", 1), ("a\n", 1), ("a\nb\n", 2)):
        written(run, "app.inprogress", text)
        log.look()
        assert (objects.held, objects.puts) == ({"s3://logs/spark/app.inprogress": text}, puts)


def test_nothing_is_put_before_it_is_time(run: Run, objects: Objects) -> None:
    written(run, "app.inprogress", "a\n")
    log = EventLog(run, objects, minute=60)
    log.look()
    assert objects.puts == 0
    log.finish()
    assert objects.held == {"s3://logs/spark/app.inprogress": "a\n"}


def test_a_log_that_spark_has_ended_takes_the_place_of_the_growing_one(run: Run, objects: Objects) -> None:
    log = EventLog(run, objects, minute=0)
    growing = written(run, "app.inprogress", "a\n")
    log.look()
    growing.rename(growing.with_suffix(""))
    EventLog(run, objects, minute=0).finish()  # as a service does that was started anew
    assert objects.held == {"s3://logs/spark/app": "a\n"}


def test_a_failure_is_tried_again_and_told_at_the_end(run: Run, objects: Objects) -> None:
    log = EventLog(run, objects, minute=0)
    written(run, "app", "a\n")
    objects.away = True
    log.look()
    log.finish()
    told = "Spark's event log could not be put into s3://logs/spark: S3 is away\n"
    assert (run.folder / "stderr").read_text() == told
    objects.away = False
    log.look()
    assert objects.held == {"s3://logs/spark/app": "a\n"}


def test_a_job_without_the_option_has_none(run: Run, objects: Objects) -> None:
    run.local["Arguments"] = {**ARGUMENTS, "--enable-spark-ui": "false"}
    written(run, "app", "a\n")
    log = EventLog(run, objects, minute=0)
    log.look()
    log.finish()
    assert objects.puts == 0
