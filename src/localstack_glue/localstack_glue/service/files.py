"""JSON files that are whole or absent: written beside, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
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


def read_json(path: Path) -> Any:
    """The content of `path`; raises OSError, or ValueError if it is not JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def json_files(folder: Path, pattern: str) -> Iterator[Path]:
    return iter(sorted(folder.glob(pattern))) if folder.is_dir() else iter(())
