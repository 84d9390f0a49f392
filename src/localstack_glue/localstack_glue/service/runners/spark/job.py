"""The kind of job that Command.Name glueetl is: prepared, judged, and how much memory it may take."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import arguments
from ...memory import Limit
from .. import CannotStart, Fetch, Launch, Warm, libraries, scripts
from ..interpreters import Interpreter
from . import configuration, image, parameters, sizes, user, versions
from .endings import failure
from .files import ORDER

if TYPE_CHECKING:
    from ...runs import Run
    from ...settings import Settings

__all__ = ["failure", "memory", "prepare"]
# Of LocalStack's environment these are not the installer's.
_NOT_FOR_THE_INSTALLER = ("AWS_", "PYTHON", "VIRTUAL_ENV")


def prepare(run: Run, fetch: Fetch, settings: Settings) -> Launch:
    """Script, libraries and jars on disk, and the order for start.py. Raises CannotStart."""
    given = dict(run.local["Arguments"])
    version = versions.choose(run.record.get("GlueVersion"), settings)
    parameters.refuse(given)
    if unusable := arguments.unusable(given):
        raise CannotStart(f"{unusable} Nothing was run.")
    place = settings.spark.place(version.glue)
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
    jars = parameters.jars(run, fetch)
    argv = _argv(run, given)
    parts = {"script": script, "argv": argv, "conf": wanted, "path": image.importable(path), "jars": jars}
    _order(
        run,
        image=_in_image(run, version, size, settings, files=sorted(work.iterdir()), **parts),
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
        main=configuration.SUBMIT if wanted else configuration.GATEWAY,
        jars=[str(jar) for jar in jars],
        jars_first=given.get("--user-jars-first") == "true",
        launcher=str(code / "launcher" / "glue_launch.py"),
        script=str(script),
        argv=argv,
        arguments=given,
    )
    return Launch(
        [sys.executable, "-I", "-m", f"{__package__}.start", str(run.folder)],
        environment
        | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(work / "spark"), "TZ": "UTC"}
        | user.environment(run.folder),
        work,
        Warm(version.glue, size.heap) if parameters.suit_any_jvm(given, wanted) else None,
    )


def _in_image(
    run: Run, version: versions.Version, size: sizes.Size, settings: Settings, **parts: Any
) -> dict[str, Any] | None:
    """The order for AWS's own image, where GLUE_RUNTIME asks for it."""
    if not settings.spark.in_image:
        return None
    container = image.Container(
        run_id=run.id,
        image=dict(settings.spark.images).get(version.glue) or image.IMAGES[version.glue],
        endpoint=settings.endpoint,
        region=run.local["Region"],
        access_key=scripts.access_key(run.local["Account"]),
        cores=size.cores,
        heap=size.heap,
        labels={"mwaa-local.env": dict(settings.passed_on).get("MWAA_ENV_ID", "")},
        may_leave=settings.allow_real_aws,
        **parts,
    )
    return {"name": container.image, "container": container.name, "command": container.command()}


def memory(run: Run) -> Limit:
    """What JVM, Python driver and Python workers may hold together."""
    size = sizes.of_run(run.record, parameters.configuration(run.local["Arguments"]))
    return Limit(size.memory * sizes.MB, size.giver)


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
