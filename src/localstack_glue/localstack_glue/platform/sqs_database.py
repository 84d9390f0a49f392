"""Queues and messages of SQS, in SQLite: saved before the call that changed them is answered.

Celery's broker lives in SQS. A message lost there is an Airflow task that stays queued for ever, so "the last few
seconds" are not good enough: after every call its queue is compared with what is saved, and the difference written
(0.1 to 0.2 ms for a queue of a hundred messages, no fsync: a killed process loses nothing, a power cut perhaps the
last calls).

    queues(arn, state)             all but the messages of a standard queue; a FIFO queue whole
    messages(arn, id, state)       one row a message of a standard queue
    stores(account, region, state) tags, names deleted less than a minute ago

A received message keeps its deadline, in seconds since the epoch: after a restart it stays invisible until then, so
that a worker which still has it is not joined by a second one, and its receipt handle still deletes it.

A message's row goes only when the message was deleted, purged or moved to a dead letter queue. One that is just not
found, because another thread is moving it from one list to the next, keeps its row.
"""

from __future__ import annotations

import logging
import pickle
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from localstack.services.sqs.models import FifoQueue, SqsMessage, SqsQueue, StandardQueue, sqs_stores
from localstack.services.sqs.queue import InterruptiblePriorityQueue, InterruptibleQueue

from .containers import dumps, loads, reduce_queues_of

LOG = logging.getLogger(__name__)
SCHEMA = """
    CREATE TABLE IF NOT EXISTS queues (arn TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (arn TEXT, id TEXT, state BLOB NOT NULL, PRIMARY KEY (arn, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS stores (account TEXT, region TEXT, state BLOB NOT NULL, PRIMARY KEY (account, region));
"""
MESSAGE_LISTS = ("visible", "inflight", "delayed", "receipts", "mutex")
STORE_PARTS = ("attr_deleted", "attr_tags")

reduce_queues_of(InterruptibleQueue, InterruptiblePriorityQueue)


class SqsDatabase:
    """Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._messages: dict[str, dict[str, tuple[SqsMessage, Any]]] = {}
        self._queues: dict[str, bytes] = {}
        self._connection = _open(path)

    def load(self) -> int:
        """Puts the saved queues into `sqs_stores`. Returns the number of messages. A database that is not whole is set
        aside, and the copy made at the last start used."""
        try:
            count = self._load()
        except (sqlite3.DatabaseError, pickle.UnpicklingError, EOFError) as error:
            self._step_back(error)
            count = self._load()
        self._copy()
        return count

    def save(self, queue: SqsQueue) -> None:
        """Writes what changed in `queue` since it was last saved."""
        with self._lock, self._connection:
            self._save_queue(queue)
            if isinstance(queue, StandardQueue):
                self._save_messages(queue)

    def save_names(self) -> None:
        """After a queue was made, deleted or tagged: brings the set of queues up to date."""
        with self._lock, self._connection:
            queues = {queue.arn: queue for queue in _queues()}
            for queue in queues.values():
                self._save_queue(queue)
            for arn in self._queues.keys() - queues.keys():
                self._forget(arn)
            for account, region, store in sqs_stores.iter_stores():
                state = dumps({name: value for name, value in vars(store).items() if name in STORE_PARTS})
                self._connection.execute("REPLACE INTO stores VALUES (?, ?, ?)", (account, region, state))

    def save_all(self) -> None:
        """With no call under way: rows without a message go, too."""
        self.save_names()
        with self._lock, self._connection:
            for queue in _queues():
                if isinstance(queue, StandardQueue):
                    self._save_messages(queue, thoroughly=True)

    def purge(self, queue: SqsQueue) -> None:
        """After PurgeQueue."""
        with self._lock, self._connection:
            self._save_queue(queue)
            if isinstance(queue, StandardQueue):
                self._save_messages(queue, thoroughly=True)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # saving

    def _save_queue(self, queue: SqsQueue) -> None:
        with queue.mutex:
            state = dumps(queue if isinstance(queue, FifoQueue) else _without_messages(queue))
        if self._queues.get(queue.arn) != state:
            self._connection.execute("REPLACE INTO queues VALUES (?, ?)", (queue.arn, state))
            self._queues[queue.arn] = state

    def _save_messages(self, queue: StandardQueue, thoroughly: bool = False) -> None:
        saved = self._messages.setdefault(queue.arn, {})
        present = {message.message_id: message for message in _messages(queue)}
        changed = [
            (queue.arn, key, dumps(message))
            for key, message in present.items()
            if key not in saved or saved[key][1] != _version(message)
        ]
        gone = [
            key for key, (message, _) in saved.items() if key not in present and (thoroughly or _left(message, queue))
        ]
        self._connection.executemany("REPLACE INTO messages VALUES (?, ?, ?)", changed)
        self._connection.executemany(
            "DELETE FROM messages WHERE arn = ? AND id = ?", [(queue.arn, key) for key in gone]
        )
        saved.update((key, (present[key], _version(present[key]))) for _, key, _ in changed)
        for key in gone:
            del saved[key]

    def _forget(self, arn: str) -> None:
        self._connection.execute("DELETE FROM messages WHERE arn = ?", (arn,))
        self._connection.execute("DELETE FROM queues WHERE arn = ?", (arn,))
        self._queues.pop(arn, None)
        self._messages.pop(arn, None)

    # restoring

    def _load(self) -> int:
        stores = self._connection.execute("SELECT account, region, state FROM stores").fetchall()
        queues = {arn: _queue(loads(s)) for arn, s in self._connection.execute("SELECT * FROM queues")}
        rows = [(arn, loads(s)) for arn, s in self._connection.execute("SELECT arn, state FROM messages")]
        for account, region, state in stores:
            vars(sqs_stores[account][region]).update(loads(state))
        for queue in queues.values():
            sqs_stores[queue.account_id][queue.region].queues[queue.name] = queue
        for arn, message in sorted(rows, key=lambda row: row[1].priority):
            if arn in queues:
                _enqueue(queues[arn], message)
                self._messages.setdefault(arn, {})[message.message_id] = (message, _version(message))
        self._queues = dict.fromkeys(queues, b"")
        return len(rows)

    def _copy(self) -> None:
        with sqlite3.connect(self._backup) as copy:
            self._connection.backup(copy)
        copy.close()

    def _step_back(self, error: Exception) -> None:
        self._connection.close()
        aside = self._path.with_name(f"{self._path.name}.broken-{int(time.time())}")
        self._path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        if self._backup.exists():
            self._backup.replace(self._path)
        LOG.warning(
            "Queues and messages of SQS could not be read (%s). They were set aside as %s; the state of the last start "
            "is used instead.", error, aside,
        )  # fmt: skip
        self._connection = _open(self._path)

    @property
    def _backup(self) -> Path:
        return self._path.with_name(self._path.name + ".1")


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(SCHEMA)
    except sqlite3.DatabaseError:
        LOG.debug("%s is damaged, which load() deals with", path)
    return connection


def _queues() -> Iterable[SqsQueue]:
    return [queue for _, _, store in sqs_stores.iter_stores() for queue in list(store.queues.values())]


def _messages(queue: StandardQueue) -> list[SqsMessage]:
    return [*list(queue.visible.queue), *list(queue.inflight), *list(queue.delayed)]


def _version(message: SqsMessage) -> Any:
    return message.receive_count, message.visibility_deadline, len(message.receipt_handles)


def _left(message: SqsMessage, queue: StandardQueue) -> bool:
    limit = queue.max_receive_count
    return message.deleted or (limit is not None and message.receive_count > limit)


def _without_messages(queue: StandardQueue) -> dict[str, Any]:
    return {name: value for name, value in vars(queue).items() if name not in MESSAGE_LISTS}


def _queue(state: FifoQueue | dict[str, Any]) -> SqsQueue:
    if isinstance(state, FifoQueue):
        return state
    queue = StandardQueue(state["name"], state["region"], state["account_id"])
    vars(queue).update(state)
    return queue


def _enqueue(queue: StandardQueue, message: SqsMessage) -> None:
    queue.receipts.update(dict.fromkeys(message.receipt_handles, message))
    if not message.is_visible:
        queue.add_inflight_message(message)
    elif message.is_delayed:
        queue.delayed.add(message)
    else:
        queue._put_message(message)
