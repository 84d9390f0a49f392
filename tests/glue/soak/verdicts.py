"""Whether what a soak's runs say of themselves is true: against the proofs that their scripts left, what was done to
them, their logs, and /proc."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localstack_glue.service.runner import KILLED_AT_START
from tests.glue.service.conftest import TERMINAL
from tests.glue.soak.driver import Known, Soak
from tests.glue.soak.plan import ENDLESS, RETRIES
from tests.support.polling import wait_until

CLOCKS = 1.0  # seconds by which two looks at the clock may differ on a busy machine


def judge(soak: Soak) -> list[str]:
    """A line for each thing that is not true; with what is known of the run."""
    problems = list(soak.surprises)
    for known in soak.runs.values():
        wrong = [f"{known.id}: {problem}" for problem in _of_run(soak, known)]
        problems += [*wrong, _story(soak, known)] if wrong else []
    problems += _orphans(soak)
    return problems


def _of_run(soak: Soak, known: Known) -> Iterator[str]:
    record = soak.records.get(known.id)
    if record is None:
        yield "StartJobRun answered, but the run is gone"
        return
    state = record["JobRunState"]
    if state not in TERMINAL:
        yield f"is still {state}"
        return
    ends = [seen for seen in known.states if seen in TERMINAL]
    if set(ends) != {state}:
        yield f"had a terminal state that changed: {known.states}"
    if "CompletedOn" not in record or record["CompletedOn"] < record["StartedOn"]:
        yield f"CompletedOn is wrong: {record.get('CompletedOn')}"
    proof = _proof(soak, known.id)
    if proof.count("begun") > 1:
        yield f"its script was run {proof.count('begun')} times"
    yield from _truth(soak, known, record, proof)
    yield from _attempts(soak, record)
    yield from _log(soak, record, proof)


def _truth(soak: Soak, known: Known, record: dict[str, Any], proof: list[str]) -> Iterator[str]:
    state, kind = record["JobRunState"], record["Arguments"]["--kind"]
    reached_its_end = "end" in proof
    disk_was_full = _overlaps(soak, record)
    killed_at_start = record.get("ErrorMessage") == KILLED_AT_START and not proof
    if state == "SUCCEEDED" and not reached_its_end:
        yield "SUCCEEDED, but its script did not reach its end"
    if reached_its_end and state != "SUCCEEDED" and not known.stop_asked:
        yield f"its script reached its end, but it is {state}"
    if state == "STOPPED" and not known.stop_asked:
        yield "STOPPED, but nobody asked for that"
    if known.stop_answered and state != "STOPPED":
        yield f"BatchStopJobRun was answered, but it is {state}"
    if state == "TIMEOUT" and kind not in ENDLESS:
        yield "TIMEOUT, but it had plenty of time"
    if kind in ENDLESS and state not in ("TIMEOUT", "STOPPED") and not disk_was_full and not killed_at_start:
        yield f"it never ends by itself, but it is {state}: {record.get('ErrorMessage')}"
    if state == "FAILED" and "failing" not in proof and not disk_was_full and not killed_at_start:
        yield f"FAILED, but its script did not fail: {record.get('ErrorMessage')}"
    if (
        state == "FAILED"
        and "failing" in proof
        and record.get("ErrorMessage") != "ValueError: as told"
        and not disk_was_full
    ):
        yield f"FAILED with {record.get('ErrorMessage')!r}"


def _attempts(soak: Soak, record: dict[str, Any]) -> Iterator[str]:
    """A script that failed is tried again, as often as its job says."""
    most = RETRIES if record["JobName"] == "soak-retried" else 0
    first = record["Id"].partition("_attempt_")[0]
    following = f"{first}_attempt_{record['Attempt'] + 1}"
    due = record["JobRunState"] == "FAILED" and record["Attempt"] < most
    could_not_start = _proof(soak, record["Id"]) == []
    if due and following not in soak.records and not could_not_start:
        yield "is not retried"
    if following in soak.records and not due:
        yield f"is retried, though it is {record['JobRunState']}, attempt {record['Attempt']} of {most}"


def _log(soak: Soak, record: dict[str, Any], proof: list[str]) -> Iterator[str]:
    """Numbered lines: none lost, none twice; all that the script knows to have written, and at most one more."""
    printed = [line.removeprefix("line ") for line in proof if line.startswith("line ")]
    found: list[str] = []

    def complete() -> bool:
        found[:] = lines(soak, record["Id"])
        return found == printed or found == [*printed, str(len(printed))]

    try:
        wait_until(complete, 20, "the log is complete", interval=0.2)
    except AssertionError:
        stdout = (_folder(soak, record["Id"]) / "stdout").read_bytes().decode(errors="replace").split("\n")
        if found != [line for line in stdout if line]:  # a full disk may have cut a line short
            yield f"its log has {len(found)} lines ({found[:3]}...{found[-3:]}), its script printed {len(printed)}"
    if record["JobRunState"] == "SUCCEEDED" and len(found) != int(record["Arguments"]["--lines"]):
        yield f"SUCCEEDED with {len(found)} of {record['Arguments']['--lines']} lines in its log"


def lines(soak: Soak, run_id: str) -> list[str]:
    logs = soak.localstack.client("logs") if not hasattr(soak, "logs") else soak.logs
    soak.logs = logs  # type: ignore[attr-defined]
    try:
        events = logs.get_log_events(
            logGroupName="/aws-glue/python-jobs/output", logStreamName=run_id, startFromHead=True
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"] for event in events]


def _orphans(soak: Soak) -> list[str]:
    found: dict[int, str] = {}

    def none() -> bool:
        found.clear()
        found.update(_marked(soak.runs.keys()))
        return not found

    try:
        wait_until(none, 10, "no process is left")
    except AssertionError:
        return [f"process {pid} of {run_id} is left" for pid, run_id in found.items()]
    return []


def _marked(run_ids: Any) -> Iterator[tuple[int, str]]:
    """Every living process that carries the mark of one of the runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for variable in variables:
            name, _, value = variable.partition(b"=")
            if name == b"GLUE_JOB_RUN_ID" and value.decode() in run_ids:
                yield int(folder.name), value.decode()


def _proof(soak: Soak, run_id: str) -> list[str]:
    path = soak.proofs / run_id
    return path.read_text().splitlines() if path.exists() else []


def _folder(soak: Soak, run_id: str) -> Path:
    return soak.localstack.state / "glue/runs" / run_id


def _overlaps(soak: Soak, record: dict[str, Any]) -> bool:
    """Whether the disk was full at any time while the run was in progress."""
    began, ended = record["StartedOn"].timestamp() - CLOCKS, record["CompletedOn"].timestamp() + CLOCKS
    return any(since < ended and until > began for since, until in soak.full)


def _story(soak: Soak, known: Known) -> str:
    """All that is known of a run, for whoever has to find out."""
    folder = _folder(soak, known.id)
    files = {path.name: path.stat().st_size for path in folder.iterdir()} if folder.is_dir() else {}
    kept = (folder / "run.json").read_text() if "run.json" in files else "none"
    proof = _proof(soak, known.id)
    return "\n    ".join(
        [
            f"  {known}",
            f"record {json.dumps(soak.records.get(known.id), default=str)}",
            f"run.json {kept}",
            f"files {files}",
            f"proof {proof[:2]} ... {proof[-2:]}",
        ]
    )
