"""The files below a folder that a project may mean."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path, suffix: str) -> Iterator[Path]:
    """Those with a suffix, in order; neither hidden ones nor what tools keep. Each folder once, whatever links say."""
    seen: set[tuple[int, int]] = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        status = Path(where).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders[:] = []
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in ("__pycache__", "node_modules")
        )
        names = (name for name in sorted(files) if name.endswith(suffix) and not name.startswith("."))
        yield from (path for path in (Path(where, name) for name in names) if path.is_file())
