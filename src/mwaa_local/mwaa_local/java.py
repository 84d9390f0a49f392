"""Finds a Java that Spark can run on: one with a compiler, as the file system for S3 is compiled where it is used."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mwaa_local.errors import LocalError

USABLE = {"5.1": (17,), "5.0": (17,), "4.0": (8, 11, 17), "3.0": (8, 11, 17)}
"""By Glue version. Of 5.x it is AWS's; Spark 3.3.0 says that it runs on these; 3.1.1 does with what runners/spark of the Glue
service gives it."""
_PLACES = (
    "/usr/lib/jvm/*",
    "/opt/java/*",
    "/opt/jdk*",
    "~/.sdkman/candidates/java/*",
    "~/.asdf/installs/java/*",
    "/opt/homebrew/opt/openjdk@*",
    "/usr/local/opt/openjdk@*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
)


@dataclass(frozen=True)
class Java:
    """An installed Java: its folder, and its version (8, 11, 17)."""

    home: Path
    version: int

    def build(self) -> str:
        """What an update of this Java changes: size and time of its library, by which a JVM knows its own archives."""
        library = next((self.home / "lib").glob("**/server/libjvm.*"), self.home / "bin" / "java")
        try:
            seen = library.stat()
        except OSError:
            return "none"
        return f"{library} {seen.st_size} {int(seen.st_mtime)}"


def find(glue: str) -> Java:
    """A Java for Spark jobs of this Glue version: JAVA_HOME, else that of PATH, else one in a usual place.

    Raises LocalError with what was looked at.
    """
    looked, usable = [], USABLE[glue]
    for home in _candidates():
        version = _version(home)
        if version not in usable:
            looked.append(f"{home}: is Java {version or '(unknown)'}")
        elif not (home / "bin" / "javac").exists():
            looked.append(f"{home}: Java {version} without the compiler javac")
        else:
            return Java(home, version)
    seen = "".join(f"\n  {line}" for line in looked)
    wanted = " or ".join(text for text in (", ".join(map(str, usable[:-1])), str(usable[-1])) if text)
    raise LocalError(
        f"Spark jobs of Glue {glue} need a Java {wanted} with its compiler; none was found."
        + (f" There is:{seen}" if looked else ""),
        "install one (Debian, Ubuntu: apt install openjdk-17-jdk-headless; macOS: brew install openjdk@17), or set "
        "JAVA_HOME to one, then run the job again; the Glue service sees a changed JAVA_HOME after make down, make up",
    )


def _candidates() -> Iterator[Path]:
    seen = set()
    named = os.environ.get("JAVA_HOME")
    places = [Path(named).expanduser()] if named else []
    for program in ("javac", "java"):
        found = shutil.which(program)
        places += [Path(found).resolve().parent.parent] if found else []
    for pattern in _PLACES:
        places += [Path(path) for path in sorted(glob.glob(str(Path(pattern).expanduser())), reverse=True)]
    for place in places:
        # a Java 8 has its programs twice, in jre/ without the compiler
        home = place.parent if place.name == "jre" and (place.parent / "bin" / "javac").exists() else place
        if (home / "bin" / "java").exists() and home.resolve() not in seen:
            seen.add(home.resolve())
            yield home


def _version(home: Path) -> int:
    """The version as one number, 0 if it cannot be told: "1.8.0_392" is 8, "17.0.15" is 17."""
    release = home / "release"
    text = release.read_text(errors="replace") if release.is_file() else ""
    found = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', text)
    if not found:
        try:
            done = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return 0
        found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(found[1]) if found else 0
