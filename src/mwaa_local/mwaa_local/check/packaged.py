"""DAGs in zip files. A member has the path of its zip with its own name behind: dags/packaged.zip/report.py.

Airflow reads the modules at the top of a zip as DAG files and lets them import the others
(airflow/models/dagbag.py, _load_modules_from_zip)."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from mwaa_local.check.folders import files_below
from mwaa_local.check.source import LARGEST

# What zipfile raises for content it cannot give; RuntimeError is a password, or a compression that this Python lacks.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def zip_files(folder: Path) -> Iterator[Path]:
    """The zips below a folder, in order."""
    return (path for path in files_below(folder, ".zip") if is_zip(path))


def is_zip(path: Path) -> bool:
    return path.suffix == ".zip" and path.is_file() and zipfile.is_zipfile(path)


def members(path: Path) -> list[Path]:
    """The Python files in a zip, in order; none whose name leads out of it. Raises OSError for a damaged zip."""
    with _opened(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
    return sorted(path / name for name in names if not name.startswith("/") and ".." not in name.split("/"))


def modules_in(folder: Path) -> set[str]:
    """What the zips below a folder let their DAGs import; of a damaged one nothing."""
    found: set[str] = set()
    for archive in zip_files(folder):
        with contextlib.suppress(OSError):
            found |= {member.relative_to(archive).parts[0].removesuffix(".py") for member in members(archive)}
    return found


def content_of(path: Path) -> bytes:
    """Of a file, or of a member of a zip; of a member no more than what is too large anyhow. Raises OSError."""
    archive = next((folder for folder in path.parents if folder.is_file()), None)
    if archive is None:
        return path.read_bytes()
    with _opened(archive) as opened, opened.open(path.relative_to(archive).as_posix()) as member:
        return member.read(LARGEST + 1)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Whatever is wrong with the zip is an OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGE as problem:
        raise OSError(0, f"the zip is damaged or locked ({problem})") from None
