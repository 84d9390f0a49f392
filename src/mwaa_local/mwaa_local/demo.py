"""`make demo`: triggers the sample DAG, follows it, and judges what came out of it.

Right means: the DAG run and each task succeeded, each Glue run behind it SUCCEEDED under the id that Airflow holds, and
the objects in S3 hold as many rows as the sample data is known to yield.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.live import Live
from rich.table import Table

from mwaa_local.airflow import Airflow
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, Settings
from mwaa_local.stack import Stack

DAG_ID = "impressions"
OUTPUT_BUCKET = "impressions-processed"
COLOURS = {"success": "green", "failed": "red", "upstream_failed": "red", "running": "yellow"}
# What each folder must hold, as a name in glue/data/truth.json (a number, or numbers by reason).
EXPECTED_ROWS = {"sessionised": "accepted", "rejected": "rejected", "daily_aggregate": "groups"}


@dataclass(frozen=True)
class Verdict:
    """One thing that was judged: right or not, and the numbers that say so."""

    right: bool
    text: str


def run(stack: Stack, day: str | None) -> int:
    """Runs the demo for a day of the sample data (default: its first); returns 0 only if all is right."""
    if not (stack.settings.mwaa_project / "dags" / f"{DAG_ID}.py").is_file():
        raise LocalError(
            f"The demo runs the DAG {DAG_ID} of the shipped project; this stack runs {stack.settings.mwaa_project}.",
            "trigger your own: make airflow CMD='dags trigger <dag_id>'",
        )
    truth = json.loads((ROOT / "glue" / "data" / "truth.json").read_text())
    wanted = _day(day, truth)
    airflow = Airflow(stack)
    begun = time.monotonic()
    run_id = _trigger(airflow, wanted)
    last = _follow(airflow, run_id)
    # the graph view opens the run of a logical date, not of a run id
    shown = quote(last["logical_date"], safe="") if last.get("logical_date") else ""
    verdicts = [
        *_judge_tasks(last),
        *_judge_glue_runs(stack.settings, airflow.xcoms(DAG_ID, run_id)),
        *_judge_objects(stack.settings, wanted, truth[wanted.isoformat()]),
    ]
    for verdict in verdicts:
        out.print(f"{'[green]right[/]' if verdict.right else '[red]wrong[/]'}  {verdict.text}")
    all_right = all(v.right for v in verdicts)
    end = "[green]All right[/]" if all_right else "[red]Not right[/]"
    out.print(
        f"{end} after {time.monotonic() - begun:.0f} s: {stack.settings.web_url}/graph?dag_id={DAG_ID}&execution_date={shown}"
    )
    return 0 if all_right else 1


def _day(text: str | None, truth: dict[str, Any]) -> date:
    days = sorted(truth)
    if text is None:
        return date.fromisoformat(days[0])
    if text not in truth:
        raise LocalError(f"There is no sample data for {text!r}.", f"one of: {', '.join(days)}")
    return date.fromisoformat(text)


def _trigger(airflow: Airflow, day: date) -> str:
    """Triggers a run that processes `day`; returns its run_id.

    A run by hand processes the last full day before its logical date, so that is a moment of the next day, and a new one
    each time, for a DAG cannot have two runs of one logical date.
    """
    now = datetime.now(timezone.utc)
    logical_date = datetime.combine(day + timedelta(days=1), now.time(), timezone.utc)
    run_id = f"demo__{now:%Y%m%dT%H%M%S%f}"
    with err.status(f"Triggering {DAG_ID} for {day} ..."):
        airflow.await_dag(DAG_ID)
        for command in (
            ("dags", "unpause", DAG_ID),
            ("dags", "trigger", DAG_ID, "--run-id", run_id, "--exec-date", logical_date.isoformat()),
        ):
            done = airflow.run(*command)
            if done.returncode:
                said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
                raise LocalError(f"`airflow {' '.join(command)}` failed: {' '.join(said)}", "make status; make logs")
    out.print(
        f"Triggered {DAG_ID} for {day}: {run_id} (its daily schedule is on now too, and runs yesterday beside it)"
    )
    return run_id


def _follow(airflow: Airflow, run_id: str) -> dict[str, Any]:
    """Shows the run until it has ended: a live table on a terminal, a line for each change elsewhere."""
    now: dict[str, Any] = {"state": None, "tasks": []}
    seen: dict[str, str] = {}
    with Live(console=err, transient=True, refresh_per_second=4) as live:
        for now in airflow.follow(DAG_ID, run_id):
            if err.is_terminal:
                live.update(_table(now))
            else:
                for task in now["tasks"]:
                    if seen.get(task["task_id"]) != task["state"]:
                        seen[task["task_id"]] = task["state"]
                        err.print(f"{task['task_id']:<52} {task['state'] or 'waiting'}")
    return now


def _table(run: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for task in run["tasks"]:
        state = task["state"] or "waiting"
        seconds = f"{task['seconds']:.0f} s" if task["seconds"] else ""
        table.add_row(task["task_id"], f"[{COLOURS.get(state, 'dim')}]{state}[/]", seconds)
    return table


def _judge_tasks(run: dict[str, Any]) -> Iterator[Verdict]:
    for task in run["tasks"]:
        seconds = f"in {task['seconds']:.1f} s" if task["seconds"] is not None else ""
        tries = f", try {task['try_number']}" if task["try_number"] > 1 else ""
        yield Verdict(task["state"] == "success", f"task {task['task_id']}: {task['state']} {seconds}{tries}")
    yield Verdict(run["state"] == "success", f"DAG run: {run['state']}")


def _judge_glue_runs(settings: Settings, xcoms: list[dict[str, Any]]) -> Iterator[Verdict]:
    """The run ids are those that Airflow holds; what became of them is what Glue says."""
    glue = client(settings, "glue")
    handed_over = [x for x in xcoms if x["key"] == "return_value" and x["task_id"].endswith(".run_glue_job")]
    if not handed_over:
        yield Verdict(False, "no Glue run id was handed over")
    for xcom in handed_over:
        job, run_id = xcom["task_id"].split(".")[0], xcom["value"]
        glue_run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        state, seconds = glue_run["JobRunState"], glue_run.get("ExecutionTime", 0)
        message = f" ({glue_run['ErrorMessage']})" if glue_run.get("ErrorMessage") else ""
        yield Verdict(state == "SUCCEEDED", f"Glue run {run_id} of {job}: {state} in {seconds} s{message}")


def _judge_objects(settings: Settings, day: date, truth: dict[str, Any]) -> Iterator[Verdict]:
    s3 = client(settings, "s3")
    for folder, name in EXPECTED_ROWS.items():
        expected = truth[name] if isinstance(truth[name], int) else sum(truth[name].values())
        prefix = f"{folder}/dt={day}/"
        try:
            listed = s3.list_objects_v2(Bucket=OUTPUT_BUCKET, Prefix=prefix)
        except ClientError as error:
            yield Verdict(False, f"s3://{OUTPUT_BUCKET}/{prefix}: {error}")
            continue
        keys = [o["Key"] for o in listed.get("Contents", [])]
        rows = sum(_rows(s3.get_object(Bucket=OUTPUT_BUCKET, Key=key)["Body"].read()) for key in keys)
        objects = f"{len(keys)} object{'' if len(keys) == 1 else 's'}"
        what = f"{rows} rows" if rows == expected else f"{rows} rows, {expected} expected"
        yield Verdict(rows == expected, f"s3://{OUTPUT_BUCKET}/{prefix}: {what} in {objects}")


def _rows(body: bytes) -> int:
    return len(gzip.decompress(body).splitlines())


def client(settings: Settings, service: str) -> Any:
    """A boto3 client of the local account; nothing of the caller's AWS configuration is used."""
    session = boto3.session.Session("test", "test", region_name=settings.aws_default_region)
    # MWAA's API has host prefixes, which go nowhere before an address
    style = Config(s3={"addressing_style": "path"}, inject_host_prefix=False)
    return session.client(service, endpoint_url=settings.endpoint, config=style)
