"""plugins.zip from a folder, for `make deploy` and `make package`: equal contents give equal bytes."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal

THEN = (1980, 1, 1, 0, 0, 0)  # equal files, equal zip
LEFT_OUT = ("__pycache__", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache")
CHUNK = 1024**2
STORED = (".whl", ".zip", ".gz")  # compressed already


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Path below the folder, and the file, of all that is deployed."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and not any(part in LEFT_OUT for part in path.parts) and file.suffix != ".pyc":
            yield path.as_posix(), file


def packed(folder: Path) -> bytes:
    """The contents of the folder, and what may be executed still may be."""
    buffer = io.BytesIO()
    write(buffer, files(folder))
    return buffer.getvalue()


def write(target: IO[bytes], contents: Iterable[tuple[str, Path]], mode: Literal["w", "a"] = "w") -> None:
    """A zip of (path in it, file), in their order; "a" adds to one that is open for reading, too."""
    with zipfile.ZipFile(target, mode, zipfile.ZIP_DEFLATED) as archive:
        for path, file in contents:
            if file.name == ".gitkeep":
                continue
            entry = zipfile.ZipInfo(path, THEN)
            entry.create_system = 3  # its modes are those of Unix
            entry.external_attr = (0o100755 if file.stat().st_mode & 0o100 else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_STORED if file.suffix in STORED else zipfile.ZIP_DEFLATED
            entry.file_size = file.stat().st_size  # whether it needs a large header is to be known first
            with open(file, "rb") as source, archive.open(entry, "w") as inside:
                shutil.copyfileobj(source, inside, CHUNK)
