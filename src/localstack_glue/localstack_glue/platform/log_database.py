"""Streams and events of CloudWatch Logs, in SQLite: written before PutLogEvents is answered, and not kept in memory.

moto keeps every event in a list of Python objects, which would all be pickled anew with every snapshot. Here a
group's `streams` and a stream's `events` are views of a database, which moto uses as it uses its dict and its list.
What is left in the snapshot of Logs are groups, filters and tags.

    streams(id, account, region, log_group, name, created, bytes, token, ingested)    a row a stream
    events(id, stream, timestamp, ingested, message)                                  a row an event

No fsync: a killed process loses nothing that was answered, a power cut perhaps the last calls. On a full disk
PutLogEvents is refused whole (HTTP 500), and the stream stays as it was.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogEvent, LogGroup, LogsBackend, LogStream, logs_backends

LOG = logging.getLogger(__name__)
SCHEMA = """
    CREATE TABLE IF NOT EXISTS streams (
        id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, log_group TEXT NOT NULL, name TEXT NOT NULL,
        created INTEGER NOT NULL, bytes INTEGER NOT NULL, token INTEGER NOT NULL, ingested INTEGER,
        UNIQUE (account, region, log_group, name)
    );
    CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, timestamp INTEGER NOT NULL, ingested INTEGER NOT NULL,
        message BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS events_in_order ON events (stream, timestamp);
"""
NAMES = "SELECT name FROM streams WHERE account = ? AND region = ? AND log_group = ? ORDER BY id"
STREAM = (
    "SELECT id, created, bytes, token, ingested FROM streams "
    "WHERE account = ? AND region = ? AND log_group = ? AND name = ?"
)


class Key(NamedTuple):
    """A group."""

    account: str
    region: str
    name: str


class LogDatabase:
    """Thread-safe. `install` makes moto use it; there is one a process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = _opened(path)

    def install(self) -> None:
        """From now on, groups keep their streams here."""
        _patch_moto(self)

    def restore(self) -> None:
        """After the snapshot of Logs was loaded: brings in streams that lie in it, and groups it does not know yet."""
        for _account, regions in logs_backends.items():
            for backend in regions.values():
                for group in backend.groups.values():
                    self._adopt(group)
        for key in map(Key._make, self.rows("SELECT DISTINCT account, region, log_group FROM streams")):
            backend = logs_backends[key.account][key.region]
            if key.name not in backend.groups:
                backend.create_log_group(key.name, {})

    def rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def add_stream(self, key: Key, stream: LogStream) -> int:
        """Returns its id. Raises sqlite3.Error, as all that writes; then nothing has changed."""
        with self._lock, self._connection:
            row = (*key, stream.log_stream_name, stream.creation_time, stream.stored_bytes)
            added = self._connection.execute(
                "INSERT INTO streams (account, region, log_group, name, created, bytes, token, ingested) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, stream.upload_sequence_token, stream.last_ingestion_time),
            )
            assert added.lastrowid
            self._insert(added.lastrowid, list(stream.events))
            return added.lastrowid

    def append(self, stream: int, events: list[LogEvent]) -> None:
        """PutLogEvents. Gives the events their ids. Raises ResourceNotFoundException for a deleted stream."""
        with self._lock, self._connection:
            written = self._connection.execute(
                "UPDATE streams SET bytes = bytes + ?, token = token + 1, ingested = coalesce(?, ingested) WHERE id = ?",
                (sum(len(e.message) for e in events), events[-1].ingestion_time if events else None, stream),
            )
            if not written.rowcount:
                raise ResourceNotFoundException("The specified log stream does not exist.")
            self._insert(stream, events)

    def delete(self, key: Key, names: Iterable[str]) -> None:
        """Streams of a group, with their events."""
        with self._lock, self._connection:
            found = [(number,) for name in names for number, *_ in self.rows(STREAM, *key, name)]
            self._connection.executemany("DELETE FROM events WHERE stream = ?", found)
            self._connection.executemany("DELETE FROM streams WHERE id = ?", found)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _insert(self, stream: int, events: list[LogEvent]) -> None:
        ((last,),) = self._connection.execute("SELECT coalesce(max(id), 0) FROM events")
        for number, event in enumerate(events, last + 1):
            event.event_id = number  # moto counts from 0 in each process
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
            [(e.event_id, stream, e.timestamp, e.ingestion_time, _bytes(e.message)) for e in events],
        )

    def _adopt(self, group: LogGroup) -> None:
        """A snapshot of an earlier release holds streams and events."""
        if isinstance(group.streams, Streams):
            return
        streams = Streams(self, _key(group))
        for name, stream in group.streams.items():
            if name not in streams:  # killed in the middle of this, before the next snapshot
                streams[name] = stream
        group.streams = streams


class Streams(MutableMapping[str, LogStream]):
    """The streams of a group. A LogStream lives as long as somebody uses it."""

    def __init__(self, database: LogDatabase, key: Key) -> None:
        self._database, self._key = database, key
        self._used: WeakValueDictionary[str, LogStream] = WeakValueDictionary()
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> LogStream:
        with self._lock:  # two objects for one stream would count its bytes and tokens apart
            stream = self._used.get(name)
            if stream is None:
                stream = self._used[name] = self._read(name)
            return stream

    def __setitem__(self, name: str, stream: LogStream) -> None:
        stream.events = Events(self, name, self._database, self._database.add_stream(self._key, stream))
        with self._lock:
            self._used[name] = stream

    def __delitem__(self, name: str) -> None:
        self._database.delete(self._key, [name])
        self.forget(name)

    def __contains__(self, name: object) -> bool:
        return bool(self._database.rows(STREAM, *self._key, name))

    def __iter__(self) -> Iterator[str]:
        return iter([name for (name,) in self._database.rows(NAMES, *self._key)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __deepcopy__(self, memo: Any) -> Streams:
        """LocalStack copies groups before it lists them, so that none changes meanwhile. Rows do not."""
        return self

    def __reduce__(self) -> Any:
        return _in_database, (*self._key,)

    def forget(self, name: str) -> None:
        """Read it anew when it is needed next."""
        with self._lock:
            self._used.pop(name, None)

    def _read(self, name: str) -> LogStream:
        for number, created, size, token, ingested in self._database.rows(STREAM, *self._key, name):
            stream = LogStream(logs_backends[self._key.account][self._key.region].groups[self._key.name], name)
            stream.creation_time, stream.stored_bytes = created, size
            stream.upload_sequence_token, stream.last_ingestion_time = token, ingested
            stream.events = Events(self, name, self._database, number)
            return stream
        raise KeyError(name)


class Events:
    """The events of a stream, oldest first. moto appends to it, goes through it, and asks whether there are any."""

    def __init__(self, streams: Streams, name: str, database: LogDatabase, stream: int) -> None:
        self._streams, self._name, self._database, self._stream = streams, name, database, stream

    def __iadd__(self, events: Iterable[LogEvent]) -> Events:
        try:
            self._database.append(self._stream, list(events))
        except BaseException:
            self._streams.forget(self._name)  # moto has counted their bytes already
            raise
        return self

    def __iter__(self) -> Iterator[LogEvent]:
        query = "SELECT id, timestamp, ingested, message FROM events WHERE stream = ? ORDER BY timestamp, id"
        for number, timestamp, ingested, message in self._database.rows(query, self._stream):
            event = LogEvent.__new__(LogEvent)
            event.event_id, event.timestamp, event.ingestion_time = number, timestamp, ingested
            event.message = message.decode("utf-8", "surrogatepass")
            yield event

    def __bool__(self) -> bool:
        return bool(self._database.rows("SELECT 1 FROM events WHERE stream = ? LIMIT 1", self._stream))

    def first_and_last(self) -> tuple[int | None, int | None]:
        """Timestamps, without reading the events."""
        query = "SELECT min(timestamp), max(timestamp) FROM events WHERE stream = ?"
        ((first, last),) = self._database.rows(query, self._stream)
        return first, last


_installed: list[LogDatabase] = []


def _in_database(account: str, region: str, group: str) -> Streams:
    return Streams(_installed[-1], Key(account, region, group))


def _patch_moto(database: LogDatabase) -> None:
    _installed.append(database)
    made, deleted = LogGroup.__init__, LogsBackend.delete_log_group

    def make(self: LogGroup, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        self.streams = Streams(database, _key(self))

    def delete(self: LogsBackend, log_group_name: str) -> None:
        deleted(self, log_group_name)
        key = Key(self.account_id, self.region_name, log_group_name)
        database.delete(key, Streams(database, key))

    def update(self: LogStream) -> None:
        self.first_event_timestamp, self.last_event_timestamp = self.events.first_and_last()

    LogGroup.__init__, LogsBackend.delete_log_group, LogStream._update = make, delete, update


def _key(group: LogGroup) -> Key:
    return Key(group.account_id, group.region, group.name)


def _bytes(message: str) -> bytes:
    """As it came: JSON may hold half a surrogate pair, which is no UTF-8."""
    return message.encode("utf-8", "surrogatepass")


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # a full disk, say: no damage
        aside = path.with_name(f"{path.name}.broken-{int(time.time())}")
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        LOG.warning(
            "The log events could not be read (%s). They were set aside as %s; Logs starts empty.", error, aside
        )
        return _open(path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection
