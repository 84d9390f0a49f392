"""How much a job may use: MaxCapacity, AllocatedCapacity, workers; rules and defaults.

Source: CreateJob in Glue's API model; the texts as recorded from AWS where marked [R].
Numbers are DPUs. AllocatedCapacity is MaxCapacity's deprecated twin: AWS takes either and answers both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InvalidInput

DEFAULT_TIMEOUT = 2880  # minutes
LONGEST_TIMEOUT = 10080  # minutes: seven days
PYTHON_SHELL_SIZES = (0.0625, 1.0)
FIELDS = ("AllocatedCapacity", "MaxCapacity", "WorkerType", "NumberOfWorkers")
_DPU_OF_WORKER = {"Standard": 1, "G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "Z.2X": 2}


def check(request: Mapping[str, Any], command: str) -> None:
    """Raise InvalidInput if `request` (CreateJob, JobUpdate, StartJobRun) asks for something impossible."""
    maximum = request.get("MaxCapacity")
    workers = request.get("WorkerType") is not None or request.get("NumberOfWorkers") is not None
    if maximum is not None and request.get("AllocatedCapacity"):
        raise InvalidInput("Please set only Allocated Capacity or Max Capacity.")  # [R]
    if maximum is not None and workers:
        raise InvalidInput("Please do not set Max Capacity if using Worker Type and Number of Workers.")  # [R]
    if command == "pythonshell" and maximum is not None and maximum not in PYTHON_SHELL_SIZES:
        raise InvalidInput("Max Capacity for Python shell jobs must be either 0.0625 or 1.0.")
    if (request.get("Timeout") or 0) > LONGEST_TIMEOUT:
        raise InvalidInput(f"Timeout must be less than or equal to {LONGEST_TIMEOUT} minutes.")


def filled(request: Mapping[str, Any], command: str) -> dict[str, Any]:
    """The capacity members of an answer: what was asked for, else AWS's default, each with its twin."""
    if request.get("WorkerType") and request.get("NumberOfWorkers"):
        total = _DPU_OF_WORKER[request["WorkerType"]] * request["NumberOfWorkers"]
        return {
            "AllocatedCapacity": int(total),
            "MaxCapacity": float(total),
            "WorkerType": request["WorkerType"],
            "NumberOfWorkers": request["NumberOfWorkers"],
        }
    maximum = request.get("MaxCapacity")
    if maximum is None:
        maximum = request.get("AllocatedCapacity") or (PYTHON_SHELL_SIZES[0] if command == "pythonshell" else 10)
    return {"AllocatedCapacity": int(maximum), "MaxCapacity": float(maximum)}


def glue_version(command: Mapping[str, Any], given: str | None) -> str:
    """GlueVersion of a job: the one given, else AWS's default for that kind of job."""
    if given:
        return given
    if command.get("Name") == "pythonshell":
        return "3.0" if command.get("PythonVersion") == "3.9" else "1.0"
    return "0.9"
