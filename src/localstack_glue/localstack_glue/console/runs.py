"""What the pages show, as dictionaries: names as in AWS's records, times in seconds since the epoch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..service import files
from ..service.runs import Run, RunStore

PER_PAGE = 50
TAIL = 16 << 10  # bytes shown of each output
FILES = {"output": "stdout", "error": "stderr"}
_SUMMARY = ("Id", "JobName", "JobRunState", "Attempt", "StartedOn", "CompletedOn", "ExecutionTime", "ErrorMessage")


def listing(store: RunStore, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of the runs of all accounts and regions, newest first. What cannot be read in `query` counts as not given.

    {"Runs": [summaries], "Total": runs that match, "Page": 1..Pages, "Pages": at least 1}"""
    found = list(_matching(store, query))
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(1, int(_number(query.get("page"), 1))), pages)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {"Runs": [summary(run) for run in shown], "Total": len(found), "Page": page, "Pages": pages}


def summary(run: Run) -> dict[str, Any]:
    record = run.shown()
    return {name: record[name] for name in _SUMMARY if name in record} | {"Provenance": run.provenance}


def details(run: Run) -> dict[str, Any]:
    """One run: AWS's record, and what only the local service knows of it."""
    return {
        "JobRun": run.shown(),
        "Provenance": run.provenance,
        "Account": run.local.get("Account"),
        "Region": run.local.get("Region"),
        "Command": run.local.get("Command"),
        "Arguments": _arguments(run),
        "RetriedAs": run.local.get("RetriedAs"),
        "Ended": run.ended,
        "Logs": {kind: _log(run, kind) for kind in FILES},
    }


def _matching(store: RunStore, query: Mapping[str, str]) -> Iterator[Run]:
    since, until = _number(query.get("started_from"), 0.0), _number(query.get("started_until"), float("inf"))
    job, state = query.get("job"), query.get("state")
    for run in reversed(store.all()):
        record = run.record
        if (job and record["JobName"] != job) or (state and record["JobRunState"] != state):
            continue
        if since <= record["StartedOn"] <= until:
            yield run


def _number(text: str | None, otherwise: float) -> float:
    try:
        number = float(text or "")
    except ValueError:
        return otherwise
    return number if abs(number) < 1e15 else otherwise  # neither "nan" nor "inf" is a page or a moment


def _arguments(run: Run) -> dict[str, str]:
    """As the script got them: those of the run over those of its job."""
    try:
        merged = files.read_json(run.folder / "arguments.json")
    except (OSError, ValueError):
        merged = run.local.get("Arguments")
    return merged if isinstance(merged, dict) else {}


def _log(run: Run, kind: str) -> dict[str, Any]:
    """Where the output went in CloudWatch Logs, its size, and its end."""
    size, tail = _end_of(run.folder / FILES[kind])
    return {"LogGroup": f"{run.log_group}/{kind}", "LogStream": run.id, "Bytes": size, "Tail": tail}


def _end_of(path: Path) -> tuple[int, str]:
    """(bytes of the file, its last lines as text); nothing for a run that has printed nothing."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            end = file.read(TAIL)
    except OSError:
        return 0, ""
    if size > len(end):
        end = end.partition(b"\n")[2] or end  # the first line is not whole
    return size, end.decode("utf-8", "backslashreplace")
