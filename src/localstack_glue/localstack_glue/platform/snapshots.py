"""State of a service on disk: whole or not at all, two generations, bound to the versions that wrote it.

    <folder>/versions.json             {"format": 1, "localstack": ..., "moto": ..., "python": ...}
    <folder>/<service>.snapshot        sha256 of the rest (64 hex digits and a newline), then the pickle
    <folder>/<service>.snapshot.1      the generation before

Pickles of other versions may load and be wrong. So a folder of other versions is never read: it is moved to
`<folder>.<its versions>` and left there. A snapshot that is not whole is kept as `<name>.broken-<time>`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import shutil
import time
from importlib.metadata import version
from pathlib import Path

LOG = logging.getLogger(__name__)
FORMAT = 1


def versions() -> dict[str, str | int]:
    """What a pickle of the state depends on."""
    return {
        "format": FORMAT,
        "localstack": version("localstack-core"),
        "moto": version("moto-ext"),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces `path`. After a crash at any moment it holds the old or the new bytes."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames and new names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_folder(folder: Path) -> None:
    """Makes `folder` ready for the running versions; one written by others is set aside, with a warning."""
    note = folder / "versions.json"
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = None
    except ValueError:
        found = {"versions": "unreadable"}
    wanted = versions()
    if found not in (None, wanted):
        aside = _free_name(folder.with_name(f"{folder.name}.{'-'.join(f'{k}{v}' for k, v in found.items())}"))
        folder.replace(aside)
        LOG.warning(
            "State in %s was written by %s; this is %s, which cannot read it. It was moved to %s and LocalStack "
            "starts empty. To use it again, run those versions with the folder moved back.",
            folder, found, wanted, aside,
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    if found != wanted:
        write_atomically(note, json.dumps(wanted).encode())


class Snapshot:
    """The snapshot of one service."""

    def __init__(self, folder: Path, service: str) -> None:
        self.path = folder / f"{service}.snapshot"
        self.previous = folder / f"{service}.snapshot.1"

    def exists(self) -> bool:
        return self.path.exists() or self.previous.exists()

    def write(self, state: bytes) -> None:
        """Keeps the generation before. Raises OSError; what is on disk is then still whole."""
        if self.path.exists():
            # A link, not a rename: there is no moment without a current generation.
            self.previous.unlink(missing_ok=True)
            _link(self.path, self.previous)
        write_atomically(self.path, hashlib.sha256(state).hexdigest().encode() + b"\n" + state)

    def read(self) -> bytes:
        """The newest generation's bytes. Raises FileNotFoundError, or ValueError if it is not whole."""
        digest, _, state = self.path.read_bytes().partition(b"\n")
        if hashlib.sha256(state).hexdigest().encode() != digest:
            raise ValueError(f"{self.path} is not whole: its digest does not match")
        return state

    def step_back(self) -> Path | None:
        """Sets the newest generation aside and makes the one before the newest. Returns where the broken one is."""
        aside = None
        if self.path.exists():
            aside = _free_name(self.path.with_name(f"{self.path.name}.broken-{int(time.time())}"))
            self.path.replace(aside)
        if self.previous.exists():
            self.previous.replace(self.path)
        return aside


def _link(path: Path, second: Path) -> None:
    try:
        os.link(path, second)
    except OSError:  # a file system without hard links, as some volumes of containers are
        shutil.copyfile(path, second)


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        candidate, number = path.with_name(f"{path.name}.{number}"), number + 1
    return candidate
