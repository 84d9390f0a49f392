"""Definitions of any kind (jobs, triggers, crawlers, ...): one JSON file each, written at every change, so that a SIGKILL
loses none.

    <folder>/<account>/<region>/<sha256 of the name>.json
"""

from __future__ import annotations

import copy
import hashlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import files
from .owner import Owner

LOG = logging.getLogger(__name__)
Document = dict[str, Any]


class Documents:
    """JSON documents of one kind, each with a name that is its own within an account and region. Thread-safe; `lock` is
    for a caller that reads, decides and writes. What comes out is a copy.

    `name_of(document)` finds the name in a document."""

    def __init__(self, folder: Path, name_of: Callable[[Document], str]) -> None:
        self.lock = threading.RLock()
        self._folder, self._name_of = folder, name_of
        self._documents: dict[Owner, dict[str, Document]] = {}
        self._load()

    def get(self, owner: Owner, name: str) -> Document | None:
        return copy.deepcopy(self._documents.get(owner, {}).get(name))

    def listed(self, owner: Owner) -> list[Document]:
        """Sorted by name."""
        with self.lock:
            return [copy.deepcopy(document) for _, document in sorted(self._documents.get(owner, {}).items())]

    def owners(self) -> list[Owner]:
        """Those who have documents."""
        with self.lock:
            return [owner for owner, documents in self._documents.items() if documents]

    def put(self, owner: Owner, document: Document) -> None:
        """Adds or replaces. Raises OSError (a full disk): then nothing has changed."""
        with self.lock:
            name = self._name_of(document)
            path = self._path(owner, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_json(path, document)
            self._documents.setdefault(owner, {})[name] = copy.deepcopy(document)

    def delete(self, owner: Owner, name: str) -> bool:
        """Whether there was one."""
        with self.lock:
            self._path(owner, name).unlink(missing_ok=True)
            return self._documents.get(owner, {}).pop(name, None) is not None

    def _path(self, owner: Owner, name: str) -> Path:
        return self._folder / owner.account / owner.region / f"{hashlib.sha256(name.encode()).hexdigest()}.json"

    def _load(self) -> None:
        for path in files.json_files(self._folder, "*/*/*.json"):
            try:
                found = files.read_json(path)
                self._documents.setdefault(Owner(*path.parts[-3:-1]), {})[self._name_of(found)] = found
            except (OSError, ValueError, KeyError, TypeError) as problem:
                LOG.error("%s is unreadable and left out: %s", path, problem)
