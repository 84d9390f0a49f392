"""Python shell jobs: the script in an interpreter of its own, never in LocalStack's.

The script keeps its name and gets argv = [script, --key, value, ...]; neither JOB_NAME nor JOB_RUN_ID, which AWS gives
only to Spark jobs. Its environment is made here from nothing: none of LocalStack's variables reach it.

    interpreters.py   Python 3.9 and 3.6                    libraries.py         what the job brings along
    layers.py         environments above those, kept        install_modules.py   pip, in the run's own process
    endings.py        what a run that failed says
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .. import arguments
from ..process import MARK
from . import CannotStart, Fetch, Launch, interpreters, layers, libraries
from .endings import failure
from .interpreters import Interpreter

if TYPE_CHECKING:
    from ..runs import Run
    from ..settings import Settings

__all__ = ["failure", "prepare"]
DEFAULT_ACCOUNT = "000000000000"
# awsglue.utils for jobs; a folder that holds nothing else, as it goes on their PYTHONPATH.
JOB_LIBS = Path(__file__).resolve().parents[2] / "job_libs"


def prepare(run: Run, fetch: Fetch, settings: Settings) -> Launch:
    """Script and libraries on disk, command and environment. Raises CannotStart."""
    command, given = run.local["Command"], run.local["Arguments"]
    interpreter = interpreters.choose(command, settings)
    if libraries.library_set(given, interpreter.version) == "none":
        interpreter = layers.without_analytics(interpreter, settings)
    if unusable := arguments.unusable(given):
        raise CannotStart(f"{unusable} Nothing was run.")
    script = _script(run, fetch)
    path, wheels = libraries.extra_files(run, interpreter.version, fetch)
    wishes = wheels + libraries.additional_modules(run, interpreter.version, fetch)
    start = [interpreter.path]
    more: dict[str, str] = {}
    if wishes.words:
        start, more = layers.with_modules(run, interpreter, wishes, settings)
    return Launch(
        command=[*start, str(script), *arguments.argv(given)],
        environment={**_environment(run, interpreter, start[-1], [*path, str(JOB_LIBS)], settings), **more},
        work=run.folder / "work",
    )


def _script(run: Run, fetch: Fetch) -> Path:
    location = run.local["Arguments"].get("--scriptLocation") or run.local["Command"].get("ScriptLocation")
    if not location:
        raise CannotStart("The job's Command has no ScriptLocation; wanted: s3://bucket/key of a Python script.")
    content = fetch(run.local["Account"], run.local["Region"], location)
    # Python of these versions passes over the NUL and what follows it in its line; AWS, which compiles the whole text
    # (runpy), refuses it. A zip with a __main__.py is a script as well.
    if b"\0" in content and not content.startswith(b"PK"):
        raise CannotStart("ValueError: source code string cannot contain null bytes")
    script = run.folder / "script" / libraries.file_name(location)
    script.parent.mkdir(exist_ok=True)
    script.write_bytes(content)
    return script


def _environment(
    run: Run, interpreter: Interpreter, python: str, path: list[str], settings: Settings
) -> dict[str, str]:
    account, region, work = run.local["Account"], run.local["Region"], str(run.folder / "work")
    redirection = {
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_DATA_PATH": interpreter.aws_data,
        "AWS_CONFIG_FILE": str(Path(interpreter.aws_data) / "aws.config") if interpreter.aws_data else "",
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # LocalStack reads the account from a key that is one.
        "AWS_ACCESS_KEY_ID": "test" if account == DEFAULT_ACCOUNT else account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }
    return {
        **dict((*settings.passed_on, *settings.index)),
        **{name: value for name, value in redirection.items() if value},
        "PATH": os.pathsep.join([str(Path(python).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": work,
        "TMPDIR": work,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "GLUE_PYTHON_VERSION": interpreter.version,
        MARK: run.id,
    }
