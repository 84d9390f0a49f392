"""JSON files that are whole or absent: written beside, then renamed.

Room kept beforehand lets a file be written even on a full disk: how a job run ended must not be lost because the run
filled the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """Replace `path` in one step. A reader, or a SIGKILL at any moment, meets the old content or the new.

    Raises OSError (a full disk, say) and leaves the old content as it was."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        beside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


ROOM = 16 << 10  # bytes; a run's record takes two or three thousand


def keep_room(path: Path) -> None:
    """Set aside what one more version of `path` takes. Raises OSError if the disk is full now."""
    _room(path).write_bytes(bytes(ROOM))


def write_json_in_room(path: Path, content: Any) -> None:
    """write_json; on a full disk, in the room that was kept, which is then kept anew (the version before gives it back).

    Raises OSError if that is not enough."""
    try:
        write_json(path, content)
    except OSError:
        if not _room(path).exists():
            raise
        _room(path).unlink()
        try:
            write_json(path, content)
        finally:
            with contextlib.suppress(OSError):
                keep_room(path)


def give_up_room(path: Path) -> None:
    _room(path).unlink(missing_ok=True)


def _room(path: Path) -> Path:
    return path.with_name(f".{path.name}.room")


def read_json(path: Path) -> Any:
    """The content of `path`; raises OSError, or ValueError if it is not JSON."""
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=_sharing_names)


def _sharing_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dict whose keys are those of all the others of its kind: a thousand runs have one "JobName"."""
    return {sys.intern(name): value for name, value in pairs}


def json_files(folder: Path, pattern: str) -> Iterator[Path]:
    return iter(sorted(folder.glob(pattern))) if folder.is_dir() else iter(())
