"""What end-to-end tests of users (mwaa_airflow.dagtest) start to talk to the stack that runs, in either mode.

    python -m mwaa_local.attendant             one line of JSON about the stack; then this process becomes mwaa_airflow.attendant
    python -m mwaa_local.attendant glue FOLDER creates the Glue jobs of a folder like glue/; one line of JSON about that

Where there is no stack, or it cannot serve, the line is {"error": "..."} and the exit code 1.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from mwaa_local.airflow import Airflow
from mwaa_local.errors import LocalError
from mwaa_local.glue_jobs import load_jobs
from mwaa_local.seed import ASSETS_BUCKET, Account, script_key
from mwaa_local.stack import Stack, require_running


def describe(stack: Stack) -> dict[str, str]:
    """How the host reaches what the stack's Airflow knows by its own paths and addresses."""
    settings = stack.settings
    return {
        "mode": settings.mode,
        "source": settings.source,
        "endpoint": settings.endpoint,
        "region": settings.aws_default_region,
        "web_url": settings.web_url,
        "dags": str(settings.mwaa_project / "dags"),
        "state": str(settings.mwaa_state),
    }


def create_jobs(stack: Stack, folder: Path) -> list[str]:
    """Creates the jobs of `folder`, with the execution role of the stack; returns their names.

    Raises BadFile for a mistake in a job.yaml, LocalError for a job that is there already: it may be somebody's.
    """
    jobs = load_jobs(folder.parent, folder.name)
    if not jobs:
        raise LocalError(f"{folder} has no <job>/job.yaml.", "give deployed(glue=...) a folder like glue/")
    account = Account(stack.settings.endpoint, stack.settings.aws_default_region, lambda _: None)
    there = {name for page in account.glue.get_paginator("get_jobs").paginate() for name in _names(page)}
    if taken := sorted(there & {job.name for job in jobs}):
        raise LocalError(
            f"The stack has Glue jobs of these names already: {', '.join(taken)}.", "leave them out of glue="
        )
    role = account.create_role()
    account.upload({(ASSETS_BUCKET, script_key(job)): job.script for job in jobs if job.script})
    for job in jobs:
        account.put_job(job, job.request(role, f"s3://{ASSETS_BUCKET}/{script_key(job)}"))
    return [job.name for job in jobs]


def _names(page: dict[str, list[dict[str, str]]]) -> list[str]:
    return [job["Name"] for job in page["Jobs"]]


def main(words: list[str]) -> int:
    try:
        stack = require_running()
        if words[:1] == ["glue"]:
            print(json.dumps({"jobs": create_jobs(stack, Path(words[1]).resolve())}))
            return 0
        airflow = Airflow(stack)
        command, environment = airflow.command("python", "-m", "mwaa_airflow.attendant"), airflow.environment()
    except LocalError as error:
        print(json.dumps({"error": str(error)}))
        return 1
    print(json.dumps(describe(stack)), flush=True)
    os.execvpe(command[0], command, environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
