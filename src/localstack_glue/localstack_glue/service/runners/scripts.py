"""A job's script on disk, and the environment in which it runs, whatever the kind of job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..process import MARK
from . import CannotStart, Fetch, libraries
from .interpreters import Interpreter

if TYPE_CHECKING:
    from ..runs import Run
    from ..settings import Settings

DEFAULT_ACCOUNT = "000000000000"


def fetched(run: Run, fetch: Fetch) -> Path:
    """The script, from S3 to disk. Raises CannotStart."""
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


def environment(run: Run, interpreter: Interpreter, python: str, path: list[str], settings: Settings) -> dict[str, str]:
    """The whole environment of a job: `python` is what it runs, `path` its PYTHONPATH."""
    account, region, work = run.local["Account"], run.local["Region"], str(run.folder / "work")
    redirection = {
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_DATA_PATH": interpreter.aws_data,
        "AWS_CONFIG_FILE": str(Path(interpreter.aws_data) / "aws.config") if interpreter.aws_data else "",
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": access_key(account),
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


def access_key(account: str) -> str:
    """LocalStack reads the account from a key that is one."""
    return "test" if account == DEFAULT_ACCOUNT else account
