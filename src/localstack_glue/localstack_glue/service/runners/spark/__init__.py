"""Spark jobs (Command.Name glueetl): the PySpark script in Spark's own Python, with a Spark that runs on this machine alone.

    versions.py     GlueVersion, and the Spark behind it       sizes.py          cores and memory, from workers and machine
    parameters.py   what the job's arguments ask of Spark      configuration.py  Spark's own settings, as files
    start.py        in the run's process: installs Spark where it is missing, then becomes the script
    archive.py      Spark's classes in the form from which a JVM starts quickly
    pool.py         JVMs that wait for a run, if the settings want some
    endings.py      what a run that failed says            files.py          names in the run's folder

What must be in S3 is fetched before the run's process starts, and what cannot be run is refused. All else happens in the run's
process (start.py), so that a stop, a timeout and a restart of the service hold for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import arguments
from .. import CannotStart, Fetch, Launch, Warm, libraries, scripts
from ..interpreters import Interpreter
from . import configuration, parameters, sizes, versions
from .endings import failure
from .files import ORDER

if TYPE_CHECKING:
    from ...runs import Run
    from ...settings import Settings

__all__ = ["failure", "prepare"]
# Of LocalStack's environment these are not the installer's.
_NOT_FOR_THE_INSTALLER = ("AWS_", "PYTHON", "VIRTUAL_ENV")


def prepare(run: Run, fetch: Fetch, settings: Settings) -> Launch:
    """Script, libraries and jars on disk, and the order for start.py. Raises CannotStart."""
    given = dict(run.local["Arguments"])
    version = versions.choose(run.record.get("GlueVersion"), settings)
    parameters.refuse(given)
    if unusable := arguments.unusable(given):
        raise CannotStart(f"{unusable} Nothing was run.")
    place = settings.spark.environments / f"glue-spark-{version.glue}"
    table = settings.spark.aws_data / f"glue-spark-{version.glue}"
    interpreter = Interpreter(version.python, str(place / "bin" / "python"), str(table))
    script = scripts.fetched(run, fetch)
    work = run.folder / "work"
    work.mkdir(exist_ok=True)
    parameters.fetch_files(run, work, fetch)
    path, wheels = libraries.extra_files(run, version.python, fetch)
    wishes = wheels + libraries.additional_modules(run, version.python, fetch)
    code = settings.spark.code
    environment = scripts.environment(run, interpreter, interpreter.path, [*path, str(code / "job_libs")], settings)
    wanted = parameters.configuration(given)
    size = sizes.of_run(run.record, wanted)
    _order(
        run,
        glue=version.glue,
        environment=str(place),
        installer=[settings.spark.installer, version.glue],
        installer_environment=_of_installer(environment),
        table=str(table),
        endpoint=settings.endpoint,
        runs=str(settings.runs),
        index=settings.index,
        network=settings.network,
        wishes=[wishes.words, wishes.content, wishes.pinned],
        said=size.said,
        settings=configuration.of_run(run, size, wanted, settings),
        heap=size.heap,
        jars=[str(jar) for jar in parameters.jars(run, fetch)],
        jars_first=given.get("--user-jars-first") == "true",
        launcher=str(code / "launcher" / "glue_launch.py"),
        script=str(script),
        argv=_argv(run, given),
        arguments=given,
        events=parameters.event_logs(given),
    )
    return Launch(
        [sys.executable, "-I", "-m", f"{__name__}.start", str(run.folder)],
        environment | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(work / "spark"), "TZ": "UTC"},
        work,
        Warm(version.glue, size.heap) if parameters.suit_any_jvm(given, wanted) else None,
    )


def _argv(run: Run, given: dict[str, str]) -> list[str]:
    """Every argument, and the names of job and run, which AWS gives to Spark jobs alone."""
    own = {
        "--JOB_ID": "j_" + hashlib.sha256(f"{run.owner} {run.job_name}".encode()).hexdigest(),
        "--JOB_RUN_ID": run.id,
        "--JOB_NAME": run.job_name,
    }
    return arguments.argv({key: value for key, value in given.items() if key not in own} | own)


def _of_installer(environment: dict[str, str]) -> dict[str, str]:
    """LocalStack's own environment, in which it finds what `make up` finds, with the marks of the run."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_FOR_THE_INSTALLER)}
    return own | {k: v for k, v in environment.items() if k in ("GLUE_JOB_RUN_ID", "MWAA_ENV_ID")}


def _order(run: Run, **parts: Any) -> None:
    path = Path(run.folder) / ORDER
    path.unlink(missing_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as file:  # secrets of the environment
        json.dump(parts, file)
