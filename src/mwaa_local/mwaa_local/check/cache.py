"""What was said about a file before: by the hash of its content and of all that a finding depends on beside it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import time
from dataclasses import astuple
from pathlib import Path

from mwaa_local.check.finding import Finding

_HERE = Path(__file__).resolve().parent
_DAYS = 30
"""An entry that nobody has asked for as long as this is dropped."""


class Cache:
    """A JSON file below the state folder. Where it cannot be read or written, everything is checked anew."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "cache.json"
        self._program = _program()
        self._today = int(time.time() // 86400)
        self._entries: dict[str, list[object]] = {}
        self._changed = False
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            document = json.loads(self._path.read_bytes())
            if document["program"] == self._program and isinstance(document["entries"], dict):
                self._entries = document["entries"]

    def key(self, content: bytes, project: str, kind: str, name: str) -> str:
        return hashlib.sha256(b"\0".join([content, project.encode(), kind.encode(), os.fsencode(name)])).hexdigest()

    def get(self, key: str) -> list[Finding] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        try:
            findings = [Finding(*each) for each in entry[1]]  # type: ignore[attr-defined]
        except (TypeError, IndexError):
            return None
        if entry[0] != self._today:
            entry[0], self._changed = self._today, True
        return findings

    def put(self, key: str, findings: list[Finding]) -> None:
        self._entries[key] = [self._today, [astuple(each) for each in findings]]
        self._changed = True

    def write(self) -> None:
        if not self._changed:
            return
        kept = {key: entry for key, entry in self._entries.items() if self._today - int(str(entry[0])) <= _DAYS}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, suffix=".new") as file:
                json.dump({"program": self._program, "entries": kept}, file, separators=(",", ":"))
            Path(file.name).replace(self._path)


def _program() -> str:
    """Changes with the rules, with the data, and with the Python that parses."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted([*_HERE.glob("*.py"), *(_HERE / "data").iterdir()]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
