"""How much a job may use: MaxCapacity, AllocatedCapacity, workers, Timeout; rules and defaults.

Sources: CreateJob, StartJobRun and the limits page of Glue's guide [M]; texts as recorded from AWS where marked [R], ours
where marked [?]. Numbers are DPUs. AllocatedCapacity is MaxCapacity's deprecated twin: AWS takes either and answers both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InvalidInput

DEFAULT_TIMEOUT = 2880  # minutes
LONGEST_TIMEOUT = 10080  # minutes: seven days
PYTHON_SHELL_SIZES = (0.0625, 1.0)
FIELDS = ("AllocatedCapacity", "MaxCapacity", "WorkerType", "NumberOfWorkers")
DEFAULT_DPUS = 10
FEWEST_DPUS = 2  # of Spark jobs
_WORKERS = ("WorkerType", "NumberOfWorkers")
_DPUS_OF_WORKER = {"Standard": 1, "G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "Z.2X": 2}
# "The maximum number of workers you can define is 299 for G.1X, and 149 for G.2X" [M]; 299 for G.025X [R].
_MOST_WORKERS = {"G.2X": 149}
_MOST_WORKERS_OF_OTHERS = 299
_FEWEST_WORKERS = 2  # of the G types [R]
_SPARK = ("glueetl", "gluestreaming")


def check(request: Mapping[str, Any], command: str) -> None:
    """Raise InvalidInput if `request` (CreateJob, JobUpdate, StartJobRun) asks for something impossible.

    `command` is the job's Command.Name. A StartJobRun is looked at together with its job: see `of_run`."""
    total = request.get("MaxCapacity")
    if total is not None and request.get("AllocatedCapacity"):
        raise InvalidInput("Please set only Allocated Capacity or Max Capacity.")  # [R]
    total = total if total is not None else request.get("AllocatedCapacity") or None
    if any(request.get(field) is not None for field in _WORKERS):
        _check_workers(request, command, total)
    elif total is not None:
        _check_total(total, command)
    if (request.get("Timeout") or 0) > LONGEST_TIMEOUT:
        raise InvalidInput(f"Timeout must be less than or equal to {LONGEST_TIMEOUT} minutes.")  # [?]
    _check_execution_class(request, command)


def _check_workers(request: Mapping[str, Any], command: str, total: float | None) -> None:
    if total is not None:
        raise InvalidInput("Please do not set Max Capacity if using Worker Type and Number of Workers.")  # [R]
    if command == "pythonshell":
        raise InvalidInput("Worker Type is not supported for Job Command pythonshell")  # [R]
    kind, number = request.get("WorkerType"), request.get("NumberOfWorkers")
    if kind is None or number is None:
        raise InvalidInput("Please set both Worker Type and Number of Workers.")  # [R]
    fewest = _FEWEST_WORKERS if kind.startswith("G.") else 1
    most = _MOST_WORKERS.get(kind, _MOST_WORKERS_OF_OTHERS)
    if number < fewest:
        raise InvalidInput(f"To use Worker Type {kind}, minimum allowed value of Number of Workers is {fewest}.")  # [R]
    if number > most:
        raise InvalidInput(f"To use Worker Type {kind}, maximum allowed value of Number of Workers is {most}.")  # [R]


def _check_total(total: float, command: str) -> None:
    if command == "pythonshell" and total not in PYTHON_SHELL_SIZES:
        raise InvalidInput("Max Capacity for Python shell jobs must be either 0.0625 or 1.0.")  # [?]
    if command in _SPARK and (total < FEWEST_DPUS or total != int(total)):
        raise InvalidInput(
            f"Max Capacity for Spark jobs must be a whole number of at least {FEWEST_DPUS} DPUs."
        )  # [?], the rule [M]


def _check_execution_class(request: Mapping[str, Any], command: str) -> None:
    """FLEX is for `glueetl` jobs of Glue version 3.0 and above [M]."""
    version = request.get("GlueVersion")
    if request.get("ExecutionClass") != "FLEX" or (command == "glueetl" and version and version_of(version) >= (3, 0)):
        return
    raise InvalidInput(
        "Execution Class FLEX is only allowed for jobs with Command glueetl and Glue Version 3.0 or above."
    )  # [?], the rule [M]


def filled(request: Mapping[str, Any], command: str) -> dict[str, Any]:
    """The capacity members of an answer: what was asked for, else AWS's default, each with its twin.

    `request` has passed `check`."""
    if request.get("WorkerType") and request.get("NumberOfWorkers"):
        total = _DPUS_OF_WORKER[request["WorkerType"]] * request["NumberOfWorkers"]
        return {
            "AllocatedCapacity": int(total),
            "MaxCapacity": float(total),
            "WorkerType": request["WorkerType"],
            "NumberOfWorkers": request["NumberOfWorkers"],
        }
    maximum = request.get("MaxCapacity")
    if maximum is None:
        default = PYTHON_SHELL_SIZES[0] if command == "pythonshell" else DEFAULT_DPUS
        maximum = request.get("AllocatedCapacity") or default
    return {"AllocatedCapacity": int(maximum), "MaxCapacity": float(maximum)}


def of_run(job: Mapping[str, Any], request: Mapping[str, Any], command: str) -> dict[str, Any]:
    """The capacity members of a run: StartJobRun's, where it names any, else the job's. A request may change one of
    WorkerType and NumberOfWorkers alone. Raises InvalidInput."""
    asked = {field: request[field] for field in FIELDS if request.get(field)}
    if any(field in asked for field in _WORKERS):
        asked = {**{field: job[field] for field in _WORKERS if field in job}, **asked}
    members = ("Timeout", "ExecutionClass")
    check({"GlueVersion": job.get("GlueVersion"), **{m: request.get(m) for m in members}, **asked}, command)
    return filled(asked, command) if asked else {field: job[field] for field in FIELDS if field in job}


def default_timeout(command: str) -> dict[str, int]:
    """Timeout (minutes) of a job that names none; a streaming job has none [M]."""
    return {} if command == "gluestreaming" else {"Timeout": DEFAULT_TIMEOUT}


def glue_version(command: Mapping[str, Any], given: str | None) -> str:
    """GlueVersion of a job: the one given, else AWS's default for that kind of job."""
    if given:
        return given
    if command.get("Name") == "pythonshell":
        return "3.0" if command.get("PythonVersion") == "3.9" else "1.0"
    return "5.1"


def version_of(text: str) -> tuple[int, ...]:
    """The text "3.0" as (3, 0)."""
    return tuple(int(part) for part in text.split("."))
