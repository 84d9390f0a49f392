"""Spark's settings for a run, as the files that Spark itself reads: a SPARK_HOME of the run's own.

    conf/spark-defaults.conf   what is not said in the script is said here; found by SPARK_CONF_DIR
    conf/log4j*.properties     warnings and errors, and what scripts log by GlueContext.get_logger(), to stderr
    bin/spark-submit           starts the JVM: pyspark calls it
    jars, python, ...          links to the Spark that is installed

Lean: no web interface, as many shuffle partitions as a small machine needs, catalogs in memory, unless the job says otherwise.
The class path is a list of jars, always in the same order and without a folder, so that an archive of classes fits (archive.py).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .files import EVENTS

if TYPE_CHECKING:
    from ...runs import Run
    from ...settings import Settings
    from .sizes import Size

GATEWAY, SUBMIT = "mwaalocal.start.Gateway", "org.apache.spark.deploy.SparkSubmit"
_SCHEMES = ("s3", "s3a", "s3n")
# Java 16 and later keep their insides shut, and these Sparks look into them (Spark's own list since 3.3.0, and Kerberos).
_OPENED = (
    *("java.base/java.lang", "java.base/java.lang.invoke", "java.base/java.lang.reflect", "java.base/java.io"),
    *("java.base/java.net", "java.base/java.nio", "java.base/java.util", "java.base/java.util.concurrent"),
    *("java.base/java.util.concurrent.atomic", "java.base/jdk.internal.ref", "java.base/sun.nio.ch"),
    *("java.base/sun.nio.cs", "java.base/sun.security.action", "java.base/sun.util.calendar"),
    "java.security.jgss/sun.security.krb5",
)
_LOG = (
    "log4j.rootCategory=WARN, console\n"
    "log4j.appender.console=org.apache.log4j.ConsoleAppender\n"
    "log4j.appender.console.target=System.err\n"
    "log4j.appender.console.layout=org.apache.log4j.PatternLayout\n"
    "log4j.appender.console.layout.ConversionPattern=%d{yyyy-MM-dd HH:mm:ss,SSS} %p [%t] %c{2}: %m%n\n"
    "log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR\n"
    "log4j.logger.GlueLogger=INFO\n"
)
_LOG2 = (
    "rootLogger.level=warn\n"
    "rootLogger.appenderRef.stderr.ref=console\n"
    "appender.console.type=Console\n"
    "appender.console.name=console\n"
    "appender.console.target=SYSTEM_ERR\n"
    "appender.console.layout.type=PatternLayout\n"
    "appender.console.layout.pattern=%d{yyyy-MM-dd HH:mm:ss,SSS} %p [%t] %c{2}: %m%n\n"
    "logger.native.name=org.apache.hadoop.util.NativeCodeLoader\n"
    "logger.native.level=error\n"
    "logger.glue.name=GlueLogger\n"
    "logger.glue.level=info\n"
)


def of_run(run: Run, size: Size, wanted: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """What spark-defaults.conf holds; `wanted`, of --conf, goes before all but what makes the run a local one."""
    from .. import scripts
    from . import parameters

    work, account = run.folder / "work", run.local["Account"]
    local = Local(work, size.cores, settings.endpoint, scripts.access_key(account), run.local["Region"])
    found = {"spark.app.name": run.job_name, **local.defaults(), **wanted, **local.fixed()}
    if parameters.event_logs(run.local["Arguments"]):
        (work / EVENTS).mkdir(exist_ok=True)
        found |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": (work / EVENTS).as_uri()}
    return found


@dataclass(frozen=True)
class Local:
    """A Spark on this machine alone: the folder that it works in, its threads, its S3."""

    work: Path
    cores: int
    endpoint: str
    access_key: str
    region: str

    def defaults(self) -> dict[str, str]:
        """What a job may say otherwise."""
        return {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": str(2 * self.cores),
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": str(self.work / "spark-warehouse"),
            # the file system for S3 turns its renames into uploads
            "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "1",
        }

    def fixed(self) -> dict[str, str]:
        """What makes it a local one."""
        found = {
            "spark.master": f"local[{self.cores}]",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }
        for scheme in _SCHEMES:
            found[f"spark.hadoop.fs.{scheme}.impl"] = "mwaalocal.s3.S3FileSystem"
            found[f"spark.hadoop.fs.AbstractFileSystem.{scheme}.impl"] = "mwaalocal.s3.S3"
        return found | {
            "spark.hadoop.fs.s3a.endpoint": self.endpoint,
            "spark.hadoop.fs.s3a.access.key": self.access_key,
            "spark.hadoop.fs.s3a.secret.key": "test",
            "spark.hadoop.fs.s3a.endpoint.region": self.region,
            "spark.hadoop.mwaalocal.s3.scratch": str(self.work / "s3-scratch"),
        }


@dataclass(frozen=True)
class Jvm:
    """The Java that Spark runs in: its folder and version, MB of its heap, the jars on its class path, further options, and the
    class that begins: start/Gateway.java, or Spark's own, which also sees to packages and files that a job's --conf may name."""

    java: Path
    version: int
    heap: int
    class_path: Sequence[str] = ()
    options: Sequence[str] = ()
    main: str = GATEWAY


def environment(home: Path, java: Path, python: str, work: Path) -> dict[str, str]:
    """That of a Spark of ours that is no job's."""
    return {
        **of_home(home, java, python),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(work / "spark"),
        "PATH": os.pathsep.join([str(Path(python).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(work),
        "TMPDIR": str(work),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def of_home(home: Path, java: Path, python: str) -> dict[str, str]:
    """The variables by which pyspark finds that SPARK_HOME, and Spark its Python."""
    return {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(home / "conf"),
        "JAVA_HOME": str(java),
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
        "PYSPARK_SUBMIT_ARGS": "pyspark-shell",
    }


def class_path(s3_jar: str, pyspark: Path) -> list[str]:
    """The jars of Spark, in an order that does not depend on the disk, and by the paths that they have without links."""
    return [os.path.realpath(s3_jar), *sorted(str(jar) for jar in (pyspark / "jars").resolve().glob("*.jar"))]


def make_home(home: Path, pyspark: Path, settings: Mapping[str, str], jvm: Jvm) -> None:
    """The run's own SPARK_HOME."""
    for folder in ("bin", "conf"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for part in ("jars", "python"):
        if not (home / part).is_symlink():
            (home / part).symlink_to(pyspark / part)
    conf = home / "conf"
    lines = [f"{key} {_escaped(value)}\n" for key, value in settings.items() if key != "spark.driver.memory"]
    (conf / "spark-defaults.conf").write_text("".join(lines))
    (conf / "log4j.properties").write_text(_LOG)
    (conf / "log4j2.properties").write_text(_LOG2)
    command = [str(jvm.java / "bin" / "java"), "-cp", ":".join(jvm.class_path), f"-Xmx{jvm.heap}m"]
    command += [*_options(jvm.version), *jvm.options]
    # Spark up to 3.2 has log4j 1, later ones have log4j 2
    command += [f"-Dlog4j.configuration=file:{conf}/log4j.properties"]
    command += [f"-Dlog4j2.configurationFile=file:{conf}/log4j2.properties"]
    command += shlex.split(settings.get("spark.driver.extraJavaOptions", ""))
    command += [jvm.main]
    submit = home / "bin" / "spark-submit"
    submit.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    submit.chmod(0o755)


def _options(java_version: int) -> list[str]:
    """Of the JVM: a small collector that is enough for one machine, code compiled late as most jobs are short, and no life
    after running out of memory, as Glue's driver has none."""
    options = [
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:+DisplayVMOutputToStderr",
        "-XX:-UsePerfData",  # counters for tools beside it
        "-Dlog4j2.disableJmx=true",
    ]
    options += ["-XX:Tier4InvocationThreshold=50000", "-XX:Tier4MinInvocationThreshold=6000"]
    options += ["-XX:Tier4CompileThreshold=150000", "-XX:Tier4BackEdgeThreshold=400000"]
    # what it notes for the compiler to come makes code slower and larger: not where branches lead and casts end
    options += ["-XX:-C1ProfileBranches", "-XX:-C1ProfileCheckcasts"]
    options += ["-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Dio.netty.tryReflectionSetAccessible=true"]
    if java_version >= 9:
        # what the JVM itself has to warn of is not the script's output
        options += ["-Xlog:disable", "-Xlog:all=warning:stderr"]
        options += [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED]
    return options


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
