"""The interpreters of Python shell jobs: which one a job's Command asks for, and whether it may be used.

PythonVersion of the API (Glue's model: "2", "3" or "3.9"; none is 2): 3.9 is Python 3.9, 3 is Python 3.6.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import CannotStart

if TYPE_CHECKING:
    from ..settings import Settings

_VERSIONS = {"3.9": "3.9", "3": "3.6", "3.6": "3.6"}
_HOW_TO_GET = {
    "3.9": "Run `make up` again, which installs it.",
    "3.6": "It is optional: give this machine a Python 3.6 (`pyenv install 3.6`, or PYTHON_3_6=/path/to/python3.6) and run "
    '`make up` again, or set PythonVersion to "3.9". Docker mode has none.',
}


@dataclass(frozen=True)
class Interpreter:
    """Python with what AWS preinstalls. `version` is 3.9 or 3.6, `aws_data` the folder that keeps its botocore local."""

    version: str
    path: str
    aws_data: str

    @property
    def folder(self) -> Path:
        """The environment that it belongs to."""
        return Path(self.path).parent.parent

    @property
    def packages(self) -> Path:
        return self.folder / "lib" / f"python{self.version}" / "site-packages"


def choose(command: Mapping[str, Any], settings: Settings) -> Interpreter:
    """The interpreter for a job's Command, fit for use. Raises CannotStart."""
    asked = command.get("PythonVersion")
    version = _VERSIONS.get(asked or "")
    if version is None:
        raise CannotStart(
            f"Python shell jobs of PythonVersion {asked or '(none given: AWS takes 2)'} cannot be run: AWS has ended Python 2. "
            'Nothing was run. Set PythonVersion to "3.9" (or "3", which is Python 3.6).'
        )
    number = version.replace(".", "")
    found = Interpreter(version, getattr(settings, f"python_{number}"), getattr(settings, f"aws_data_{number}"))
    if not os.access(found.path, os.X_OK):
        raise CannotStart(
            f"The interpreter of Python shell {version} jobs is missing: GLUE_PYTHONSHELL_{number}_PYTHON is "
            f"{found.path or 'not set'}. Nothing was run. {_HOW_TO_GET[version]}"
        )
    _require_redirection(found, settings)
    return found


def _require_redirection(interpreter: Interpreter, settings: Settings) -> None:
    """Fail closed: boto3 older than 1.28 does not know AWS_ENDPOINT_URL, and would call real AWS without the table."""
    table = Path(interpreter.aws_data) / "endpoints.json"
    if not settings.allow_real_aws and not (interpreter.aws_data and table.is_file()):
        raise CannotStart(
            "The endpoint table that keeps the job's boto3 away from real AWS is missing: GLUE_PYTHONSHELL_"
            f"{interpreter.version.replace('.', '')}_AWS_DATA is {interpreter.aws_data or 'not set'}. Nothing was run. "
            "Run `make up` again, which writes it."
        )
