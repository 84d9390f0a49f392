"""Spark's settings for a run, as the files that Spark itself reads: a SPARK_HOME of the run's own.

    conf/spark-defaults.conf   what is not said in the script is said here
    conf/log4j*.properties     warnings and errors, and what scripts log by GlueContext.get_logger(), to stderr
    bin/spark-submit           starts the JVM: pyspark calls it
    jars, python, ...          links to the Spark that is installed

Lean: no web interface, as many shuffle partitions as a small machine needs, catalogs in memory, unless the job says otherwise.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import scripts
from . import parameters
from .files import EVENTS

if TYPE_CHECKING:
    from ...runs import Run
    from ...settings import Settings
    from .sizes import Size

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
    work, account = run.folder / "work", run.local["Account"]
    found = {
        "spark.app.name": run.job_name,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": str(2 * size.cores),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(work / "spark-warehouse"),
        # the file system for S3 turns its renames into uploads
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "1",
        **wanted,
        "spark.master": f"local[{size.cores}]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    for scheme in _SCHEMES:
        found[f"spark.hadoop.fs.{scheme}.impl"] = "mwaalocal.s3.S3FileSystem"
        found[f"spark.hadoop.fs.AbstractFileSystem.{scheme}.impl"] = "mwaalocal.s3.S3"
    found |= {
        "spark.hadoop.fs.s3a.endpoint": settings.endpoint,
        "spark.hadoop.fs.s3a.access.key": scripts.access_key(account),
        "spark.hadoop.fs.s3a.secret.key": "test",
        "spark.hadoop.fs.s3a.endpoint.region": run.local["Region"],
        "spark.hadoop.mwaalocal.s3.scratch": str(work / "s3-scratch"),
    }
    if parameters.event_logs(run.local["Arguments"]):
        (work / EVENTS).mkdir(exist_ok=True)
        found |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": (work / EVENTS).as_uri()}
    return found


@dataclass(frozen=True)
class Jvm:
    """The Java that Spark runs in: its folder and version, MB of its heap, what is on its class path."""

    java: Path
    version: int
    heap: int
    class_path: Sequence[str] = ()


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
    class_path = ":".join([str(conf), *jvm.class_path])
    command = [str(jvm.java / "bin" / "java"), "-cp", class_path, f"-Xmx{jvm.heap}m", *_options(jvm.version)]
    command += shlex.split(settings.get("spark.driver.extraJavaOptions", ""))
    command += ["org.apache.spark.deploy.SparkSubmit"]
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
    ]
    options += ["-XX:Tier4InvocationThreshold=50000", "-XX:Tier4MinInvocationThreshold=6000"]
    options += ["-XX:Tier4CompileThreshold=150000", "-XX:Tier4BackEdgeThreshold=400000"]
    options += ["-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Dio.netty.tryReflectionSetAccessible=true"]
    if java_version >= 9:
        options += [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED]
    return options


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
