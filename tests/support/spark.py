"""A real Spark of one Glue version, in a process of its own, with a bucket service as its S3.

    with Spark("4.0", endpoint, folder, jobs=Path("jobs.py")) as spark:
        spark.call("count", path="s3://bucket/key")          # the function `count(spark, path)` of jobs.py

The functions run in the interpreter of that Glue version; arguments and results are JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.localstack import REGION, ROOT, VENVS

sys.path.insert(0, str(ROOT / "src/glue_spark"))

from glue_spark.jar import build

EVERY = ("5.1", "5.0", "4.0", "3.0")
# Those on which all is tested; the others run whole scripts in tests/spark/runtime. GLUE_SPARK_VERSIONS=3.0 chooses others.
VERSIONS = tuple(os.environ.get("GLUE_SPARK_VERSIONS", "5.1,4.0").split(","))
SERVER = Path(__file__).with_name("spark_server.py")
# What Spark 3.1.1 looks into, and a Java 17 keeps shut; later Sparks say so to Java themselves.
OPENED = [
    *("java.base/java.lang", "java.base/java.lang.invoke", "java.base/java.lang.reflect", "java.base/java.io"),
    *("java.base/java.net", "java.base/java.nio", "java.base/java.util", "java.base/java.util.concurrent"),
    *("java.base/java.util.concurrent.atomic", "java.base/jdk.internal.ref", "java.base/sun.nio.ch"),
    *("java.base/sun.nio.cs", "java.base/sun.security.action", "java.base/sun.util.calendar"),
    "java.security.jgss/sun.security.krb5",
]


class SparkError(AssertionError):
    """A function failed in Spark's interpreter; the text is its traceback."""


def python(version: str) -> Path:
    """The interpreter of a Glue version. A missing one fails the test: the suite installs all of them first."""
    found = VENVS / f"glue-spark-{version}" / "bin/python"
    assert found.exists(), f"Spark for Glue {version} is not installed: there is no {found}"
    return found


def jars(version: str) -> Path:
    """The jars of that version's pyspark."""
    return next(python(version).parents[1].glob("lib/python3*/site-packages/pyspark/jars"))


def file_system_jar() -> Path:
    """One for all versions, made from the sources as they are now, with the oldest Spark's jars."""
    return build(jars("3.0"), VENVS.parent / "tests" / "s3-file-system.jar")


class Spark:
    def __init__(
        self,
        version: str,
        endpoint: str,
        folder: Path,
        jobs: Path,
        environment: dict[str, str] | None = None,
        **settings: str,
    ) -> None:
        """`settings` are Spark's, `environment` comes on top of what it has: nothing of AWS."""
        folder.mkdir(parents=True, exist_ok=True)
        self.version = version
        self.scratch = folder / "scratch"
        self.log_file = folder / "spark.log"
        self._endpoint, self._folder, self._jobs, self._settings = endpoint, folder, jobs, settings
        self._more = environment or {}
        self._log = open(self.log_file, "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            [python(version), SERVER, jobs],
            cwd=folder,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Spark:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def call(self, function: str, /, **arguments: Any) -> Any:
        """The function's result. Raises SparkError."""
        self.send(function, **arguments)
        return self.result()

    def send(self, function: str, /, **arguments: Any) -> None:
        """Begins a call, for one that does not come back."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps([function, arguments]) + "\n")
        self.process.stdin.flush()

    def result(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SparkError(f"Spark's process ended:\n{self.log[-6000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise SparkError(answer["error"])
        return answer["result"]

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """SIGKILL, of Python, Java and Python's workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        for pipe in (self.process.stdin, self.process.stdout, self._log):
            if pipe:
                pipe.close()

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "SPARK"))}
        return inherited | {
            "PYSPARK_PYTHON": str(python(self.version)),
            "PYSPARK_SUBMIT_ARGS": self._submit_arguments(),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self._folder / "local"),
            **self._more,
        }

    def _submit_arguments(self) -> str:
        java = f"-Djava.io.tmpdir={self._folder} -Dderby.system.home={self._folder}"
        if self.version == "3.0":
            opened = " ".join(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED)
            java += f" {opened} -Dio.netty.tryReflectionSetAccessible=true"
        settings = {
            "spark.master": "local[2]",
            "spark.driver.memory": "1g",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(self._folder / "warehouse"),
            "spark.hadoop.fs.s3a.endpoint": self._endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": REGION,
            "spark.hadoop.fs.s3a.access.key": "test",
            "spark.hadoop.fs.s3a.secret.key": "test",
            "spark.hadoop.mwaalocal.s3.scratch": str(self.scratch),
            **{f"spark.hadoop.fs.{scheme}.impl": "mwaalocal.s3.S3FileSystem" for scheme in ("s3", "s3a", "s3n")},
            **{f"spark.hadoop.fs.AbstractFileSystem.{s}.impl": "mwaalocal.s3.S3" for s in ("s3", "s3a", "s3n")},
            **self._settings,
        }
        words = ["--driver-class-path", str(file_system_jar()), "--driver-java-options", f'"{java}"']
        for name, value in settings.items():
            words += ["--conf", f"{name}={value}"]
        return " ".join([*words, "pyspark-shell"])
