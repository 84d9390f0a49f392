"""Endpoint tables: what sends every boto3 of every age to the local endpoint, one for each environment's botocore.

The tables themselves are made by aws_local.endpoints, in the interpreter whose botocore they are for.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from mwaa_local.environments import STAMP, stack_environments
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings


def redirect_aws(settings: Settings) -> None:
    """Writes the tables that are missing or made for something else. A role whose requirements.txt brings another botocore
    makes one of its own (mwaa_airflow.start).

    Raises LocalError when one cannot be written.
    """
    venvs = settings.mwaa_state / "venvs"
    wanted = [e for e in stack_environments() if "aws_local" in e.packages and e.name != "localstack"]
    # what is optional may be left out
    names = [e.name for e in wanted if not e.optional or (venvs / e.name / STAMP).is_file()]
    prefixes = {name: venvs / name for name in names}
    writing = {
        name: _write(settings, name, prefix)
        for name, prefix in prefixes.items()
        if not _is_current(settings, name, prefix)
    }
    for name, process in writing.items():
        output, _ = process.communicate()
        if process.returncode:
            raise LocalError(f"The AWS endpoint table of {name} could not be written:\n{output}", "make doctor")
        _mark(settings, name).write_text(_key(settings, prefixes[name]))


def _write(settings: Settings, name: str, prefix: Path) -> subprocess.Popen[str]:
    folder = settings.mwaa_state / "aws" / name
    command = [
        str(prefix / "bin" / "python"),
        "-m",
        "aws_local.endpoints",
        "--endpoint",
        settings.endpoint,
        "--out",
        str(folder),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _is_current(settings: Settings, name: str, prefix: Path) -> bool:
    mark = _mark(settings, name)
    return mark.is_file() and mark.read_text() == _key(settings, prefix)


def _mark(settings: Settings, name: str) -> Path:
    return settings.mwaa_state / "aws" / f"{name}.made-for"


def _key(settings: Settings, prefix: Path) -> str:
    """What a table depends on: the endpoint, and what the environment is made from."""
    return f"{settings.endpoint} {prefix} {(prefix / STAMP).read_text()}"
