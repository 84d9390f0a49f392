"""Python shell jobs: the script in an interpreter of its own, never in LocalStack's.

The script gets argv = [script, --key, value, ...]; neither JOB_NAME nor JOB_RUN_ID, which AWS gives only to Spark jobs.
Its environment is made here from nothing: none of LocalStack's variables reach it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from .. import arguments
from ..process import MARK
from . import CannotStart, Fetch, Launch

if TYPE_CHECKING:
    from ..runs import Run
    from ..settings import Settings

DEFAULT_ACCOUNT = "000000000000"
# awsglue.utils for jobs; a folder that holds nothing else, as it goes on their PYTHONPATH.
JOB_LIBS = Path(__file__).resolve().parents[2] / "job_libs"
# What Glue takes from S3 or from a package index for a job. Running without it would fail later and elsewhere.
_NOT_YET = ("--additional-python-modules",)
_LIBRARIES = (".py", ".zip", ".egg", ".whl")
_TAIL = 64 << 10  # bytes of stderr in which a traceback is looked for


def prepare(run: Run, fetch: Fetch, settings: Settings) -> Launch:
    """Script and libraries on disk, command and environment. Raises CannotStart."""
    command, given = run.local["Command"], run.local["Arguments"]
    interpreter = _interpreter(command.get("PythonVersion"), settings)
    for name in _NOT_YET:
        if given.get(name):
            raise CannotStart(
                f"{name} ({given[name]}) is not supported by this build of the local Glue service, so nothing was run. "
                "Modules that AWS preinstalls are there; give others as a .py, .zip, .egg or .whl by --extra-py-files."
            )
    _require_redirection(settings)
    account, region = run.local["Account"], run.local["Region"]
    location = given.get("--scriptLocation") or command.get("ScriptLocation")
    if not location:
        raise CannotStart("The job's Command has no ScriptLocation; wanted: s3://bucket/key of a Python script.")
    script = run.folder / "script.py"
    script.write_bytes(fetch(account, region, location))
    extra = [uri.strip() for uri in given.get("--extra-py-files", "").split(",")]
    libraries = [_library(run, uri, fetch) for uri in extra if uri]
    work = run.folder / "work"
    return Launch(
        command=[interpreter, str(script), *arguments.argv(given)],
        environment=_environment(run, work, interpreter, [*libraries, str(JOB_LIBS)], settings),
        work=work,
    )


def failure(run: Run, status: int) -> str:
    """The last line of the script's traceback, as AWS shows it, else its exit code."""
    stderr = _tail(run.folder / "stderr")
    lines = [line for line in stderr.splitlines() if line.strip()]
    raised = "Traceback (most recent call last):" in stderr or (lines and lines[-1].startswith("SyntaxError: "))
    if status == 1 and raised:
        return lines[-1].strip()
    killed = f" ({signal.Signals(status - 128).name})" if status > 128 and status - 128 in _signals() else ""
    return f"Command failed with exit code {status}{killed}"


def _interpreter(version: str | None, settings: Settings) -> str:
    if version != "3.9":
        raise CannotStart(
            f"Python shell jobs of PythonVersion {version or '(none given: AWS takes 2)'} are not available in this "
            'build of the local Glue service, so nothing was run. Set PythonVersion to "3.9".'
        )
    if not os.access(settings.python_39, os.X_OK):
        raise CannotStart(
            f"The interpreter of Python shell 3.9 jobs is missing: GLUE_PYTHONSHELL_39_PYTHON is "
            f"{settings.python_39 or 'not set'}. Run `make up` again, which installs it."
        )
    return settings.python_39


def _require_redirection(settings: Settings) -> None:
    """Fail closed: boto3 older than 1.28 does not know AWS_ENDPOINT_URL, and would call real AWS without the table."""
    table = Path(settings.aws_data_39) / "endpoints.json"
    if not settings.allow_real_aws and not (settings.aws_data_39 and table.is_file()):
        raise CannotStart(
            f"The endpoint table that keeps the job's boto3 away from real AWS is missing: GLUE_PYTHONSHELL_39_AWS_DATA "
            f"is {settings.aws_data_39 or 'not set'}. Nothing was run. Run `make up` again, which writes it."
        )


def _library(run: Run, uri: str, fetch: Fetch) -> str:
    """--extra-py-files: the file beside the script; what goes on the PYTHONPATH for it."""
    name = PurePosixPath(uri).name
    if not name.endswith(_LIBRARIES):
        raise CannotStart(f"--extra-py-files names {uri}; wanted: files ending in {', '.join(_LIBRARIES)}.")
    folder = run.folder / "libraries"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(fetch(run.local["Account"], run.local["Region"], uri))
    return str(folder if name.endswith(".py") else folder / name)


def _environment(run: Run, work: Path, interpreter: str, path: list[str], settings: Settings) -> dict[str, str]:
    account, region = run.local["Account"], run.local["Region"]
    redirection = {
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_DATA_PATH": settings.aws_data_39,
        "AWS_CONFIG_FILE": str(Path(settings.aws_data_39) / "aws.config") if settings.aws_data_39 else "",
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
        **dict(settings.passed_on),
        **{name: value for name, value in redirection.items() if value},
        "PATH": os.pathsep.join([str(Path(interpreter).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(work),
        "TMPDIR": str(work),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "GLUE_PYTHON_VERSION": "3.9",
        MARK: run.id,
    }


def _tail(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _signals() -> set[int]:
    return {int(number) for number in signal.Signals}
