"""ErrorMessage of a Spark run that failed, as AWS shows it: the exception that ended the script, as the launcher saw it;
else the exit code.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ...memory import what_was_exceeded
from .. import endings
from .files import ERROR, INSTALLING, NOT_INSTALLED, NOT_REDIRECTED

if TYPE_CHECKING:
    from ...runs import Run


def failure(run: Run, status: int) -> str:
    """Why the run failed, whose process ended with `status`, which is not 0."""
    if (run.folder / NOT_INSTALLED).is_file():
        return _not_installed(run)
    if (run.folder / NOT_REDIRECTED).is_file():
        table = (run.folder / NOT_REDIRECTED).read_text()
        return (
            f"The endpoint table {table}, which keeps the job's boto3 away from real AWS, could not be made. Nothing was run; "
            "see the run's error log."
        )
    if what_was_exceeded(run.folder):
        return endings.failure(run, status)
    try:
        return str(json.loads((run.folder / ERROR).read_text())["message"])
    except (OSError, ValueError, KeyError):
        return endings.failure(run, status)


def _not_installed(run: Run) -> str:
    version = (run.folder / NOT_INSTALLED).read_text()
    said = (run.folder / INSTALLING).read_text()
    ended = [found.start() for found in re.finditer(r"^error: ", said, re.M)]
    words = said[ended[-1] :].strip() if ended else "\n".join(said.splitlines()[-5:])
    return f"Spark for Glue {version} could not be installed, so nothing was run. {words}"
