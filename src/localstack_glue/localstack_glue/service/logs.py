"""A run's output, shipped to CloudWatch Logs while it runs.

One line is one event. The borders of events follow from the bytes alone, never from when they were read: so the number
of events already in the stream says where to go on, after LocalStack was killed, without a line lost or sent twice.
A job that prints a lot is sent in blocks of lines from CHATTY bytes on: a line an event would cost the store of the
logs ten times the text's own size.

Limits of PutLogEvents (API reference): 10,000 events and 1,048,576 bytes a batch, each event counted as its UTF-8
bytes plus 26; an event at most 262,144 bytes with those 26.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
EVENT_OVERHEAD = 26
EVENT_BYTES = 262_144 - EVENT_OVERHEAD
CHATTY = 4 << 20  # bytes of a stream, from which on events are blocks of lines
BLOCK = 64 << 10  # bytes of such a block, at least
_READ = 1 << 20
Event = str


class LogClient(Protocol):
    """Where events go. `put` makes group and stream if they are missing. Both raise if the service does not answer."""

    def put(self, group: str, stream: str, events: list[Event], when: int) -> None:
        """Append `events`, all at `when` (milliseconds since the epoch)."""

    def count(self, group: str, stream: str) -> int:
        """The number of events in the stream; 0 if there is none."""


class Shipper:
    """Ships one file of a run to one stream."""

    def __init__(self, client: LogClient, path: Path, group: str, stream: str) -> None:
        self._client, self._path, self._group, self._stream = client, path, group, stream
        self._read = 0  # bytes taken from the file
        self._rest = b""  # bytes taken, but not yet a whole event
        self._skip: int | None = 0

    def resume(self) -> None:
        """Go on after the events that the stream has already: for a run that an earlier LocalStack began to ship."""
        self._skip = None

    def ship(self, last: bool = False) -> None:
        """Send what the file has gained. Only whole lines, unless this is the `last` time."""
        if self._nothing_new() and not (last and self._rest):
            return
        if self._skip is None:
            self._skip = self._client.count(self._group, self._stream)
        try:
            for batch in batches(self._skipped(self._events(last))):
                self._client.put(self._group, self._stream, batch, int(time.time() * 1000))
        except BaseException:
            self._read, self._rest = 0, b""  # From the top next time, and past what has arrived.
            self.resume()
            raise

    def _nothing_new(self) -> bool:
        try:
            return self._path.stat().st_size <= self._read
        except FileNotFoundError:
            return True

    def _skipped(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if self._skip:
                self._skip -= 1
            else:
                yield event

    def _events(self, last: bool) -> Iterator[Event]:
        with open(self._path, "rb") as file:
            file.seek(self._read)
            while chunk := file.read(_READ):
                self._read += len(chunk)
                yield from self._cut(chunk)
        if last and self._rest:
            rest, self._rest = self._rest, b""
            yield from pieces(rest)

    def _cut(self, chunk: bytes) -> Iterator[Event]:
        data = self._rest + chunk
        offset = self._read - len(data)  # of data[0] in the file
        begin = 0
        while True:
            smallest = BLOCK if offset + begin >= CHATTY else 0
            end = data.find(b"\n", begin + smallest, begin + EVENT_BYTES + 1)
            if end < 0 and len(data) - begin <= EVENT_BYTES:
                break
            if end < 0:
                end = _last_of_whole_characters(data, begin)
            yield from pieces(data[begin : end + 1])
            begin = end + 1
        self._rest = data[begin:]


def _last_of_whole_characters(data: bytes, begin: int) -> int:
    """Where an event must end that no line end closes in time: not inside a character, if it is UTF-8 at all."""
    end = begin + EVENT_BYTES
    for step in range(4):
        if data[end - step] & 0xC0 != 0x80:
            return end - step - 1
    return end - 1


def pieces(data: bytes) -> Iterator[Event]:
    """`data` as events: text without its last newline, split where an event may not be longer.

    Bytes that are not UTF-8 appear as \\x.., so that nothing is lost; an empty line is a blank, as AWS takes no empty
    events."""
    message = data.removesuffix(b"\n").decode("utf-8", "backslashreplace") or " "
    encoded = message.encode()
    while len(encoded) > EVENT_BYTES:
        end = EVENT_BYTES
        while encoded[end] & 0xC0 == 0x80:  # not in the middle of a character
            end -= 1
        yield encoded[:end].decode()
        encoded = encoded[end:]
    yield encoded.decode()


def batches(events: Iterator[Event]) -> Iterator[list[Event]]:
    """`events` in lists that one PutLogEvents takes."""
    batch: list[Event] = []
    size = 0
    for event in events:
        cost = len(event.encode()) + EVENT_OVERHEAD
        if batch and (len(batch) == BATCH_EVENTS or size + cost > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += cost
    if batch:
        yield batch
