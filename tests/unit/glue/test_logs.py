"""Shipping of a run's output."""

from __future__ import annotations

import random

import pytest

from localstack_glue.service import logs
from localstack_glue.service.logs import Shipper


@pytest.fixture
def streams(glue):
    return glue.services.streams


def shipper(streams, path):
    return Shipper(streams, path, "g", "s")


def shipped(streams):
    return streams.events.get(("g", "s"), [])


def test_whole_lines_are_shipped_while_the_file_grows_and_the_rest_at_the_end(streams, tmp_path):
    path = tmp_path / "stdout"
    one = shipper(streams, path)
    one.ship()
    assert shipped(streams) == []  # no file yet
    path.write_bytes(b"one\ntw")
    one.ship()
    assert shipped(streams) == ["one"]
    path.write_bytes(b"one\ntwo\n\nlast")
    one.ship()
    one.ship(last=True)
    one.ship(last=True)
    assert shipped(streams) == ["one", "two", " ", "last"]


def test_bytes_that_are_not_utf8_survive(streams, tmp_path):
    path = tmp_path / "stdout"
    path.write_bytes(b"caf\xe9 \xff\x00\n" + "grün 한국\n".encode())
    shipper(streams, path).ship()
    assert shipped(streams) == ["caf\\xe9 \\xff\x00", "grün 한국"]


def test_a_line_without_end_is_cut_between_characters(streams, tmp_path):
    path = tmp_path / "stdout"
    text = "한" * 300_000
    path.write_text(text, encoding="utf-8")
    one = shipper(streams, path)
    one.ship()
    one.ship(last=True)
    assert "".join(shipped(streams)) == text
    assert max(len(event.encode()) for event in shipped(streams)) <= logs.EVENT_BYTES


def test_batches_respect_the_limits_of_put_log_events():
    rng = random.Random(7)
    events = ["x" * rng.choice([1, 50, 200_000]) for _ in range(30_000 // 50)] + ["y"] * 25_000
    found = list(logs.batches(iter(events)))
    assert [event for batch in found for event in batch] == events
    assert max(map(len, found)) == logs.BATCH_EVENTS
    assert all(sum(len(e) + logs.EVENT_OVERHEAD for e in batch) <= logs.BATCH_BYTES for batch in found)


@pytest.mark.parametrize("seed", range(5))
def test_the_borders_of_events_do_not_depend_on_when_the_file_was_read(streams, tmp_path, monkeypatch, seed):
    """The property on which `resume` rests; with small limits, so that all of them are met."""
    monkeypatch.setattr(logs, "EVENT_BYTES", 64)
    monkeypatch.setattr(logs, "CHATTY", 2_000)
    monkeypatch.setattr(logs, "BLOCK", 40)
    rng = random.Random(seed)
    data = b"".join(
        bytes(rng.choice(b"ab\n\xc3\xa9") for _ in range(rng.choice([1, 5, 90]))) + b"\n" * rng.choice([0, 1])
        for _ in range(150)
    )
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.write_bytes(data)
    Shipper(streams, whole, "whole", "s").ship(last=True)
    one = Shipper(streams, parts, "parts", "s")
    parts.touch()
    at = 0
    while at < len(data):
        step = rng.choice([1, 3, 50, 400])
        with open(parts, "ab") as file:
            file.write(data[at : at + step])
        at += step
        one.ship(last=at >= len(data))
        if rng.random() < 0.2:  # killed, and taken over by another
            one = Shipper(streams, parts, "parts", "s")
            one.resume()
    one.ship(last=True)
    assert streams.events["parts", "s"] == streams.events["whole", "s"]


def test_after_a_failure_nothing_is_lost_and_nothing_comes_twice(streams, tmp_path):
    path = tmp_path / "stdout"
    path.write_text("".join(f"{n}\n" for n in range(25_000)))
    one = shipper(streams, path)
    put, calls = streams.put, []

    def failing(*args):
        calls.append(args)
        if len(calls) == 2:
            raise ConnectionError
        put(*args)

    streams.put = failing
    with pytest.raises(ConnectionError):
        one.ship()
    one.ship(last=True)
    assert shipped(streams) == [str(n) for n in range(25_000)]


def test_a_chatty_job_is_shipped_in_blocks(streams, tmp_path):
    path = tmp_path / "stdout"
    line = "x" * 99 + "\n"
    path.write_text(line * 200_000)  # 20 MB
    shipper(streams, path).ship(last=True)
    assert sum(len(event) + 1 for event in shipped(streams)) == 20_000_000
    assert len(shipped(streams)) < logs.CHATTY / 100 + 20_000_000 / logs.BLOCK + 1
