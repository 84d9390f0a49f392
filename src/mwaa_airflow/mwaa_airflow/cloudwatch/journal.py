"""What the agent has taken from which file, and what of it is not delivered yet: SQLite, so that a kill leaves it whole.

    positions(path, inode, offset, head)          how far a file was taken; `head` is its first bytes
    outbox(id, log_group, stream, taken, events)  batches on their way; `taken`: when, in milliseconds

Events are put into the outbox in the transaction that moves the position, and leave it when CloudWatch has answered. Of a
batch that was tried before it is not known whether it has arrived, so what is in the stream already is left out then.
No fsync: a killed process loses nothing, a power cut perhaps the last seconds.
"""

import json
import os
import sqlite3
import time
from collections import Counter, namedtuple

from mwaa_airflow.cloudwatch import api

CLOCKS = 5000  # milliseconds by which the clocks of agent and endpoint may differ

Position = namedtuple("Position", "inode offset head")

SCHEMA = """
    CREATE TABLE IF NOT EXISTS positions (path TEXT PRIMARY KEY, inode INTEGER, offset INTEGER, head BLOB);
    CREATE TABLE IF NOT EXISTS outbox (
        id INTEGER PRIMARY KEY, log_group TEXT, stream TEXT, taken INTEGER, events TEXT
    );
"""


class Journal:
    """One process at a time uses it, in one thread."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)
        self._new = set()  # batches that nobody has tried to send

    def position(self, path):
        row = self._connection.execute("SELECT inode, offset, head FROM positions WHERE path = ?", (path,)).fetchone()
        return Position(*row) if row else None

    def take(self, group, stream, events, path=None, position=None):
        """Notes events for delivery and how far their file is taken, both or neither. Without a file they may have been
        sent before."""
        with self._connection:
            for batch in api.batches(events):
                row = (group, stream, int(time.time() * 1000), json.dumps(batch))
                cursor = self._connection.execute(
                    "INSERT INTO outbox (log_group, stream, taken, events) VALUES (?, ?, ?, ?)", row
                )
                if path:
                    self._new.add(cursor.lastrowid)
            if path:
                self._connection.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", (path,) + position)

    def deliver(self, cloudwatch, lost):
        """Sends all that waits, in order. Raises api.Unreachable; what is left waits on. A batch that CloudWatch does not
        take at all is dropped, and told to `lost`."""
        query = "SELECT id, log_group, stream, taken, events FROM outbox ORDER BY id LIMIT 1"
        while True:
            row = self._connection.execute(query).fetchone()
            if row is None:
                return
            number, group, stream, taken, events = row
            events = json.loads(events)
            if number not in self._new:
                events = missing(cloudwatch, group, stream, events, taken)
            self._new.discard(number)
            try:
                if events:
                    cloudwatch.put_events(group, stream, events)
            except api.Refused as refused:
                lost("{} events for {} {} are lost: {}".format(len(events), group, stream, refused))
            with self._connection:
                self._connection.execute("DELETE FROM outbox WHERE id = ?", (number,))

    def close(self):
        self._connection.close()


def missing(cloudwatch, group, stream, events, taken):
    """Those of `events` that are not in the stream: an equal one that arrived since they were taken is theirs."""
    there = Counter()
    try:
        for event in cloudwatch.events(group, stream, events[0]["timestamp"], events[-1]["timestamp"] + 1):
            if event.get("ingestionTime", taken) >= taken - CLOCKS:
                there[event["timestamp"], event["message"]] += 1
    except api.Refused:  # there is no such stream
        return events
    left = []
    for event in events:
        key = event["timestamp"], event["message"]
        if there[key]:
            there[key] -= 1
        else:
            left.append(event)
    return left
