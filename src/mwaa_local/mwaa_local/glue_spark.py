"""Spark for Glue's Spark jobs: an environment for each Glue version, a Java, and the file system by which Spark reads S3.

Made by `make up GLUE=4.0`, or when a job first needs it: then the Glue service calls stack/bin/glue-spark, and what is
said here stands in the log of the job's run. What was made is described in `spark.json` in the environment, written last.
An archive of Spark's classes makes its JVM start faster; where none can be made, Spark works without.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mwaa_local import java
from mwaa_local.console import err, note
from mwaa_local.environments import LOCKS, STAMP, Environment, Installer, spark_environment
from mwaa_local.errors import InstallFailed, LocalError
from mwaa_local.java import Java
from mwaa_local.settings import ROOT, SPARK_VERSIONS, Settings, load

CODE = ROOT / "src" / "glue_spark"
DESCRIPTION = "spark.json"
SAMPLES = "4.0"  # the Glue version of the jobs in glue/
EXERCISE = Path("launcher", "exercise.py")
RUNNER = ROOT / "src" / "localstack_glue" / "localstack_glue" / "service" / "runners" / "spark"
ARCHIVES_SINCE = 13  # the Java that has -XX:ArchiveClassesAtExit
# Scala 2.12.10 of Spark 3.1.1 cannot make the lambdas of a Java 16 or later; 2.12.15 can, and all of 2.12 fits together.
_SCALA, _SCALA_OF, _SCALA_FOR = "scala-library-2.12.15.jar", "4.0", "3.0"
# Glue has PostgreSQL's driver built in. The hash is that of the PostgreSQL project's own release.
_POSTGRESQL = "postgresql-42.7.4.jar"
_POSTGRESQL_SHA256 = "188976721ead8e8627eb6d8389d500dccc0c9bebd885268a3047180274a6031e"
_JDBC_LOCK = LOCKS / "jdbc.txt"


def install(settings: Settings, versions: Sequence[str]) -> None:
    """Makes what is missing or out of date for these Glue versions. Raises LocalError."""
    for version in versions:
        if version not in SPARK_VERSIONS:
            raise LocalError(f"There is no Spark for Glue {version} here.", f"one of: {', '.join(SPARK_VERSIONS)}")
    for version in versions:
        if not is_current(settings, version):
            _install(settings, version)


def is_current(settings: Settings, version: str) -> bool:
    """Whether Spark for this Glue version is there, made from what is there now."""
    installer, environment = Installer(settings), spark_environment(version)
    described = _described(installer.place(environment))
    if not described or not installer.is_current(environment):
        return False
    found = Java(Path(described["java"]), int(described["java_version"]))
    return (found.home / "bin" / "java").exists() and described.get("made_from") == _made_from(
        installer, environment, found
    )


def forget_stale(settings: Settings) -> None:
    """What was made from something else than is there now is made again by the next job that needs it."""
    for version in SPARK_VERSIONS:
        description = Installer(settings).place(spark_environment(version)) / DESCRIPTION
        if description.exists() and not is_current(settings, version):
            description.unlink()


@dataclass(frozen=True)
class Spark:
    """An installed Spark: its SPARK_HOME, its Java, the jar of the file system for S3."""

    home: Path
    java: Java
    s3_jar: Path


def newest(settings: Settings) -> Spark:
    """The newest Spark that is installed; without one, that of the sample jobs is installed first. Raises LocalError."""
    there = [version for version in SPARK_VERSIONS if is_current(settings, version)]
    if not there:
        install(settings, [SAMPLES])
    place = Installer(settings).place(spark_environment((there or [SAMPLES])[0]))
    described = _described(place)
    found = Java(Path(described["java"]), int(described["java_version"]))
    return Spark(_pyspark(place), found, Path(described["s3_jar"]))


def _install(settings: Settings, version: str) -> None:
    found = java.find(version)  # before anything is downloaded
    installer, environment = Installer(settings, telling=True), spark_environment(version)
    # several state folders may share their environments by a link; what is described must outlive this one
    place = installer.place(environment).parent.resolve() / environment.name
    if not installer.is_current(environment):
        note(f"Spark for Glue {version} is being installed: once, a download of some 300 MB, and minutes of work.")
        installer.install([environment])
    jars = _pyspark(place) / "jars"
    if version == _SCALA_FOR:
        _replace_scala(installer, jars)
    _add_postgresql(installer, jars)
    note("The file system for S3 is being compiled ...")
    jar = _file_system(jars, place / "s3-file-system.jar", found)
    described: dict[str, Any] = {
        "glue": version,
        "java": str(found.home),
        "java_version": found.version,
        "s3_jar": str(jar),
        "made_from": _made_from(installer, environment, found),
    }
    if made := _archive(settings, place, described):
        described["archive"] = made
    beside = place / f".{DESCRIPTION}-{os.getpid()}"
    beside.write_text(json.dumps(described, indent=2))
    beside.replace(place / DESCRIPTION)
    note(f"Spark for Glue {version} is ready, on Java {found.version}.")


def _pyspark(place: Path) -> Path:
    return next((place / "lib").glob("python3*/site-packages/pyspark"))


def _replace_scala(installer: Installer, jars: Path) -> None:
    """Puts the newer Scala library in the place of the environment's own."""
    if (jars / _SCALA).is_file():
        return
    other = installer.place(spark_environment(_SCALA_OF))
    with tempfile.TemporaryDirectory(dir=installer.settings.mwaa_state) as folder:
        found = next(other.glob(f"lib/python3*/site-packages/pyspark/jars/{_SCALA}"), None)
        source = found or _scala_from_index(installer, Path(folder))
        shutil.copy(source, jars / f".{_SCALA}")
    for old in jars.glob("scala-library-*.jar"):
        old.unlink()
    (jars / f".{_SCALA}").rename(jars / _SCALA)


def _scala_from_index(installer: Installer, folder: Path) -> Path:
    """The library out of the locked Spark of another Glue version, which is not installed."""
    note("The Scala library of Spark 3.3.0 is being fetched: once, a download of some 300 MB ...")
    lock = (LOCKS / f"glue-spark-{_SCALA_OF}.txt").read_text()
    wanted = folder / "pyspark.txt"
    wanted.write_text("".join(re.findall(r"^pyspark==.*\n(?:    .*\n)*", lock, re.M)))
    _unpack(installer, wanted, folder / "pyspark", "The Scala library could not be fetched")
    return folder / "pyspark" / "pyspark" / "jars" / _SCALA


def _add_postgresql(installer: Installer, jars: Path) -> None:
    """Puts PostgreSQL's driver among Spark's jars. Raises InstallFailed if it is not the one we know."""
    if (jars / _POSTGRESQL).is_file():
        return
    with tempfile.TemporaryDirectory(dir=installer.settings.mwaa_state) as folder:
        _unpack(installer, _JDBC_LOCK, Path(folder), "The PostgreSQL driver could not be fetched")
        found = next(Path(folder).rglob(_POSTGRESQL), None)
        digest = hashlib.sha256(found.read_bytes()).hexdigest() if found else "no such file"
        if found is None or digest != _POSTGRESQL_SHA256:
            raise InstallFailed(
                f"{_POSTGRESQL} in the package of {_JDBC_LOCK.name} is not PostgreSQL's: {digest}; wanted: {_POSTGRESQL_SHA256}",
                "the lock and the hash in mwaa_local/glue_spark.py belong together",
            )
        shutil.copy(found, jars / f".{_POSTGRESQL}")
    (jars / f".{_POSTGRESQL}").rename(jars / _POSTGRESQL)


def _unpack(installer: Installer, lock: Path, folder: Path, problem: str) -> None:
    """The packages of a lock, as plain folders below `folder`."""
    python = installer.interpreter(spark_environment(_SCALA_OF).minor).path
    command = [str(installer.uv), "--no-config", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--build-constraints", str(LOCKS / "build.txt"), "--python", str(python)]
    command += ["--target", str(folder), "-r", str(lock)]
    _run(command, installer.clean_environment(), problem)


def _file_system(jars: Path, jar: Path, found: Java) -> Path:
    environment = {**os.environ, "PYTHONPATH": str(CODE), "JAVA_HOME": str(found.home)}
    environment["PATH"] = os.pathsep.join([str(found.home / "bin"), environment.get("PATH", "")])
    command = [sys.executable, "-m", "glue_spark.jar", "--jars", str(jars), "--out", str(jar)]
    _run(command, environment, "The file system for S3 could not be compiled")
    return jar


def _archive(settings: Settings, place: Path, described: Mapping[str, Any]) -> dict[str, str] | None:
    """The archive of classes, made with the very settings of a run, so by the service's own code. None where that fails."""
    if int(described["java_version"]) < ARCHIVES_SINCE:
        note(
            f"Java {described['java_version']} cannot make an archive of Spark's classes, so Spark starts more slowly."
        )
        return None
    note("An archive of Spark's classes is being made, for quick starts ...")
    order = json.dumps({**described, "place": str(place), "exercise": str(CODE / EXERCISE)})
    python = settings.venv_python("localstack")
    if not python.exists():  # while an image is built
        python = Path(sys.executable)
    command = [str(python), "-m", "localstack_glue.service.runners.spark.archiving", order]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src" / "localstack_glue")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode == 0:
        made: dict[str, str] = json.loads(done.stdout)
        return made
    why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    note(f"No archive of Spark's classes could be made, so Spark starts more slowly: {why}")
    return None


def _run(command: list[str], environment: dict[str, str], problem: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        said = "\n".join(f"  {line}" for line in (done.stdout + done.stderr).splitlines()[-20:])
        raise InstallFailed(f"{problem}:\n{said}", "see the message above, then run the job again")


def _made_from(installer: Installer, environment: Environment, found: Java) -> str:
    """The environment's stamp, the driver's lock, Java, the sources of the file system and of what archives classes."""
    digest = hashlib.sha256(found.build().encode())
    stamp = installer.place(environment) / STAMP
    digest.update(stamp.read_bytes() if stamp.is_file() else b"")
    digest.update(_JDBC_LOCK.read_bytes())
    archive = [RUNNER / name for name in ("archive.py", "archiving.py", "configuration.py")]
    jar = [*sorted(CODE.glob("*/**/*.java")), CODE / "glue_spark" / "jar.py"]
    for source in [*jar, CODE / EXERCISE, *archive]:
        digest.update(source.read_bytes() if source.is_file() else b"")
    return digest.hexdigest()


def _described(place: Path) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads((place / DESCRIPTION).read_text())
    except (OSError, ValueError):
        return {}
    return content


def main(versions: list[str]) -> int:
    """What stack/bin/glue-spark calls."""
    try:
        install(load(), versions)
    except LocalError as error:
        err.print(f"error: {error}", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
