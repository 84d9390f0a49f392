"""Makes the jar of the S3 file system and of the JVM's start from their Java sources.

    python -m glue_spark.jar --jars <site-packages>/pyspark/jars --out FILE

One jar serves Hadoop 3.2.0 to 3.4.2, whichever of them it was compiled against. It carries the hash of its sources and is
made again only when that changes: Java's class data archives hold to a jar's time.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

SOURCES = [Path(__file__).resolve().parents[1] / name for name in ("filesystem", "start")]
MANIFEST, STAMP = "META-INF/MANIFEST.MF", "Made-From"
JAVA = "8"  # what Glue 3.0 and 4.0 run on; the Java 17 of later ones reads its classes
THEN = (1980, 1, 1, 0, 0, 0)  # equal sources, equal jar
TIMEOUT_S = 300


class JarError(Exception):
    """The jar cannot be made; the text says what to do."""


def build(spark_jars: Path, out: Path) -> Path:
    """Returns `out`, made if it is not there or is of other sources. It appears whole or not at all. Raises JarError."""
    wanted = made_from()
    if _stamp(out) == wanted:
        return out
    if not any(spark_jars.glob("hadoop-*.jar")):
        raise JarError(f"{spark_jars} has no hadoop-*.jar; wanted: the folder jars of an installed pyspark")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".jar-", dir=out.parent) as work:
        classes, jar = Path(work) / "classes", Path(work) / "jar"
        _compile(spark_jars, classes)
        _pack(classes, jar, wanted)
        jar.replace(out)
    return out


def made_from() -> str:
    """The hash of all that decides what is in the jar."""
    digest = hashlib.sha256(JAVA.encode())
    for source in _sources():
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> list[Path]:
    return sorted(source for folder in SOURCES for source in folder.rglob("*.java"))


def _compile(spark_jars: Path, classes: Path) -> None:
    # -proc:none: some of Spark's jars bring annotation processors; -Xlint:-options: newer compilers call release 8 old
    options = ["--release", JAVA, "-proc:none", "-Xlint:-options", "-nowarn", "-encoding", "UTF-8"]
    command = [_javac(), *options, "-cp", f"{spark_jars}/*", "-d", str(classes), *map(str, _sources())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JarError(f"javac did not run: {error}") from error
    if done.returncode != 0:
        raise JarError(f"javac {' '.join(options)} failed:\n{done.stdout}{done.stderr}".rstrip())


def _javac() -> str:
    home = os.environ.get("JAVA_HOME", "")
    found = shutil.which(str(Path(home) / "bin" / "javac")) if home else None
    found = found or shutil.which("javac")
    if found is None:
        raise JarError(
            "No javac, neither in JAVA_HOME nor on PATH: Spark's S3 file system is compiled once, which needs a JDK of"
            " version 9 or later (Debian, Ubuntu: package openjdk-17-jdk-headless)"
        )
    return found


def _pack(classes: Path, jar: Path, stamp: str) -> None:
    with zipfile.ZipFile(jar, "w") as archive:
        # A line of a manifest holds 72 bytes.
        lines = ["Manifest-Version: 1.0", f"{STAMP}: {stamp[:32]}", f" {stamp[32:]}", "", ""]
        archive.writestr(zipfile.ZipInfo(MANIFEST, THEN), "\r\n".join(lines))
        for file in sorted(classes.rglob("*.class")):
            archive.writestr(zipfile.ZipInfo(file.relative_to(classes).as_posix(), THEN), file.read_bytes())


def _stamp(jar: Path) -> str:
    """What a jar was made from; "" for none, and for what is no jar of ours."""
    try:
        with zipfile.ZipFile(jar) as archive:
            manifest = archive.read(MANIFEST).decode()
    except (OSError, KeyError, UnicodeDecodeError, zipfile.BadZipFile):
        return ""
    for line in manifest.replace("\r\n ", "").splitlines():
        name, _, value = line.partition(": ")
        if name == STAMP:
            return value
    return ""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m glue_spark.jar", description="Make the jar of the S3 file system.")
    parser.add_argument("--jars", required=True, type=Path, help="the folder jars of an installed pyspark")
    parser.add_argument("--out", required=True, type=Path, help="the jar to make")
    options = parser.parse_args(argv)
    try:
        print(build(options.jars, options.out))
    except JarError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
