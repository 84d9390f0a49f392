"""An archive of Spark's classes (AppCDS), from which a JVM starts in half the time: the use of one that archiving.py has made.

A JVM takes an archive only if it is of the same build, and if the class path begins with the same unchanged jars. `of` says so
beforehand, and by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def options(described: Mapping[str, Any], class_path: Sequence[str]) -> tuple[list[str], str]:
    """What tells the JVM to use the archive of an installation, and why there is none to use ("" if there never was)."""
    made: Mapping[str, str] = described.get("archive") or {}
    if not made:
        return [], ""
    if not Path(made["file"]).is_file():
        return [], f"{made['file']} is gone"
    if made["of"] != fingerprint(Path(described["java"]), class_path):
        return [], "Java or a jar of Spark has changed since it was made"
    # where it was made for, if that is free: several JVMs then share its pages, and none has to change them
    return ["-Xshare:auto", f"-XX:SharedArchiveFile={made['file']}", "-XX:ArchiveRelocationMode=0"], ""


def fingerprint(java: Path, class_path: Sequence[str]) -> str:
    """Of the Java and the jars that an archive is made from, by size and time, as the JVM itself has it."""
    library = next((java / "lib").glob("**/server/libjvm.*"), java / "bin" / "java")
    digest = hashlib.sha256()
    for path in (str(library), *class_path):
        seen = Path(path).stat()
        digest.update(f"{path} {seen.st_size} {int(seen.st_mtime)}\n".encode())
    return digest.hexdigest()
