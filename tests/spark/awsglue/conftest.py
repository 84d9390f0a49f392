"""A LocalStack, and a Spark session of each version, for the whole folder.

Interpreters are those of the Spark jobs. GLUE_SPARK_VENVS names another folder with environments `4.0` and `3.0`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.spark.awsglue.driver import Spark
from tests.support.localstack import CLIENT_ENVIRONMENT, ROOT, VENVS, LocalStack

LIBS = ROOT / "src/glue_spark/job_libs"
VERSIONS = ("4.0", "3.0")
# What Spark 3.1.1 reflects on, and Java 17 keeps closed.
OPENS = (
    *(f"java.base/java.{name}" for name in ("lang", "lang.invoke", "lang.reflect", "io", "net", "nio", "util")),
    *("java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic", "java.base/jdk.internal.ref"),
    *("java.base/sun.nio.ch", "java.base/sun.nio.cs", "java.base/sun.security.action", "java.base/sun.util.calendar"),
    "java.security.jgss/sun.security.krb5",
)
_sessions: dict[str, Spark] = {}


def interpreter(version: str) -> Path:
    named = os.environ.get("GLUE_SPARK_VENVS")
    return (Path(named) / version if named else VENVS / f"glue-spark-{version}") / "bin/python"


@pytest.fixture(scope="session")
def localstack(tmp_path_factory):
    with LocalStack(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture(scope="session")
def sessions(localstack, tmp_path_factory):
    """The Spark session of a version, started when it is first asked for."""
    jar = _jar(tmp_path_factory.mktemp("jar"))

    def session(version: str) -> Spark:
        if version not in _sessions:
            if not interpreter(version).exists():
                pytest.skip(f"there is no {interpreter(version)}")
            # One that does not start fails every test, and is not tried again.
            _sessions[version] = Spark(interpreter(version), _environment(version, localstack, jar))
            _sessions[version].__enter__()
        return _sessions[version]

    yield session
    while _sessions:
        _sessions.popitem()[1].__exit__()


def _jar(folder: Path) -> Path | None:
    """The file system for S3, where the project has it."""
    sys.path.append(str(ROOT / "src/glue_spark"))
    try:
        from glue_spark import jar
    except ImportError:
        return None

    return jar.build(_jars("3.0") or _jars("4.0"), folder / "s3.jar")


def _jars(version: str) -> Path | None:
    return next(interpreter(version).parents[1].glob("lib/python3*/site-packages/pyspark/jars"), None)


def _environment(version: str, localstack: LocalStack, jar: Path | None) -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "SPARK", "PYSPARK"))
    }
    class_path, java = [str(jar)] if jar else [], ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # short runs
    if version == "3.0":
        # Scala 2.12.10 cannot serialize lambdas on Java 17; the library of Spark 3.3.0's is compatible.
        class_path += [str(path) for path in (_jars("4.0") or Path()).glob("scala-library-*.jar")]
        java += [f"--add-opens={name}=ALL-UNNAMED" for name in OPENS] + ["-Dio.netty.tryReflectionSetAccessible=true"]
    words = ["--driver-class-path", ":".join(class_path)] if class_path else []
    words += ["--driver-java-options", f"'{' '.join(java)}'"]
    words += ["--driver-memory", "1g", "pyspark-shell"]
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(localstack.state / f"warehouse-{version}"),
        **(_s3_settings(localstack, version) if jar else {}),
    }
    return {
        **kept,
        **CLIENT_ENVIRONMENT,
        "AWS_ENDPOINT_URL": localstack.endpoint,
        "PYTHONPATH": str(LIBS),
        "PYSPARK_PYTHON": str(interpreter(version)),
        "PYSPARK_SUBMIT_ARGS": " ".join(words),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SETTINGS": json.dumps(settings),
        "S3_FILE_SYSTEM": "yes" if jar else "",
    }


def _s3_settings(localstack: LocalStack, version: str) -> dict[str, str]:
    scratch = localstack.state / f"scratch-{version}"
    scratch.mkdir()
    schemes = ("s3", "s3a", "s3n")
    return {
        **{f"spark.hadoop.fs.{one}.impl": "mwaalocal.s3.S3FileSystem" for one in schemes},
        **{f"spark.hadoop.fs.AbstractFileSystem.{one}.impl": "mwaalocal.s3.S3" for one in schemes},
        "spark.hadoop.fs.s3a.endpoint": localstack.endpoint,
        "spark.hadoop.fs.s3a.access.key": "test",
        "spark.hadoop.fs.s3a.secret.key": "test",
        "spark.hadoop.fs.s3a.endpoint.region": CLIENT_ENVIRONMENT["AWS_DEFAULT_REGION"],
        "spark.hadoop.mwaalocal.s3.scratch": str(scratch),
    }
