"""The page docs/glue-outcomes.md: its words, and its table from what was observed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.localstack import ROOT, VENVS
from tests.support.provider import PATIENCE

PAGE = ROOT / "docs/glue-outcomes.md"
SITE_PACKAGES = VENVS / "airflow/lib/python3.7/site-packages"
PROVIDER = "airflow/providers/amazon/aws"
COLUMNS = ("operator", "starts only", "sensor")

HEAD = f"""# How a Glue run ends, and what the DAG makes of it

What `AwsGlueJobOperator` and `AwsGlueJobSensor` of Amazon provider 2.4.0, the one in MWAA 2.2.2, do when a Glue run ends in one
way or another. The tables are what a test has seen: it makes each run end that way in the local Glue service, lets the unmodified
operator and sensor wait for it in the 3.7 interpreter, and fails if this page says anything else
(`UPDATE_DOCS=1 make test SUITE=glue PYTEST="-k outcomes"` writes it anew).

* *operator*: `AwsGlueJobOperator` with `wait_for_completion=True`, its default; *starts only*: the same with `False`; *sensor*:
  `AwsGlueJobSensor`
* **success** is a green task; **fails** a red one, with the exception's text; **asks for ever** means {PATIENCE} looks in a row
  found this state and made nothing of it: the task runs until its own timeout, and holds its slot
* how the run came into that state: *real* means that the service brought it there; *found* is a run that was in that state when
  the service started, for the one state that nothing leads to on this machine. A run that the operator cannot have started was
  waited for alone (`job_completion`).

## Ends of a run

"""
SECOND = """
## Before there is a run, and around it

"""
TRAPS_HEAD = """
## Traps, and what to write instead

Files are those of the provider, below `site-packages`; a test compares the lines.

"""


@dataclass(frozen=True)
class Row:
    """One row: what was done, and what came of it; `notes` is what Glue says of the run afterwards."""

    title: str
    how: str
    answers: Mapping[str, Any]
    notes: str = ""


@dataclass(frozen=True)
class Trap:
    """`file` and `line`: where the provider does it (the text of the line); `instead`: what to write in a DAG."""

    title: str
    because: str
    file: str
    line: str
    instead: str


TRAPS = (
    Trap(
        "A run that somebody stopped is green in the operator",
        "The operator counts STOPPED as finished, the sensor as failed.",
        "hooks/glue.py", "finished_states = ['SUCCEEDED', 'STOPPED']",
        "an `AwsGlueJobSensor` after the operator, as `create_glue_job_task_group` has it: the sensor is red.",
    ),
    Trap(
        "ERROR, EXPIRED and WAITING are asked for ever by the operator",
        "Whatever is in neither of its two lists counts as still running; these states came to Glue after this provider.",
        "hooks/glue.py", "failed_states = ['FAILED', 'TIMEOUT']",
        "`execution_timeout=timedelta(hours=...)` on the operator; it has none by default.",
    ),
    Trap(
        "... and by the sensor",
        "The same with the sensor's own lists.",
        "sensors/glue.py", "self.errored_states = ['FAILED', 'STOPPED', 'TIMEOUT']",
        "`timeout=` on the sensor, well below its default of 7 days.",
    ),
    Trap(
        "A retry of Glue's own may succeed, and the task is red all the same",
        "Only the run that was started is asked for; with `MaxRetries`, Glue starts others, named `<id>_attempt_1` and so on.",
        "hooks/glue.py", "job_run = glue_client.get_job_run(JobName=job_name, RunId=run_id, PredecessorsIncluded=True)",
        "`MaxRetries: 0` in the job and `retries=` in the task, or the other way round; never both.",
    ),
    Trap(
        "A job that is missing is created, as a Spark job, with values botocore refuses",
        "`retry_limit` is None unless it is given, and is sent as it is.",
        "hooks/glue.py", "MaxRetries=self.retry_limit,",
        "create jobs outside of Airflow (here: `glue/<job>/job.yaml`), and give `retry_limit=0` anyway.",
    ),
    Trap(
        "A job that the operator creates is never a Python shell job",
        "The command's name is written into the hook.",
        "hooks/glue.py", 'Command={"Name": "glueetl", "ScriptLocation": self.script_location},',
        "as above; a job that exists is used as it is, whatever the operator's other parameters say.",
    ),
    Trap(
        "Numbers in `script_args`",
        "Arguments are handed to botocore as they are, and it takes text only; rendering leaves a number a number.",
        "hooks/glue.py", "job_run = glue_client.start_job_run(JobName=job_name, Arguments=script_arguments, **run_kwargs)",
        '`{"--limit": "5"}`, or `str(limit)`.',
    ),
    Trap(
        "The sensor cannot look into another region",
        "The operator takes `region_name`, the sensor does not: it asks in the region of its connection.",
        "sensors/glue.py", "hook = AwsGlueJobHook(aws_conn_id=self.aws_conn_id)",
        "a connection whose extra names the region, given to both as `aws_conn_id`; not `region_name`.",
    ),
    Trap(
        "`run_id` None",
        "The operator returns the id itself; `output['JobRunId']` or `do_xcom_push=False` make None of it, and None is sent.",
        "operators/glue.py", "return glue_job_run['JobRunId']",
        "`run_id=run_glue_job.output` ([how the run id travels](how-the-run-id-travels.md)).",
    ),
    Trap(
        "A second run while the first is at work",
        "Glue refuses it at once, and so does the task; it does not wait for its turn.",
        "operators/glue.py", "glue_job_run = glue_job.initialize_job(self.script_args, self.run_job_kwargs)",
        "`max_active_runs=1` in the DAG, or a pool of one slot for the job's tasks; `retries` with a `retry_delay` for the rest.",
    ),
)  # fmt: skip


def write_up(ends: list[Row], around: list[Row]) -> str:
    """The whole page."""
    return HEAD + _table(ends) + SECOND + _table(around) + TRAPS_HEAD + "\n".join(_trap(trap) for trap in TRAPS)


def _table(rows: list[Row]) -> str:
    lines = ["| what happens | how | operator | starts only | sensor | what Glue says |", "|---|---|---|---|---|---|"]
    for row in rows:
        cells = [row.title, row.how, *(_cell(row.answers.get(column)) for column in COLUMNS), row.notes]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(answer: Mapping[str, Any] | None) -> str:
    if answer is None:
        return "–"
    if answer["outcome"] == "asks":
        return f"**asks for ever** ({answer['state']})"
    if answer["outcome"] == "success":
        return "**success**"
    return f"**fails**: {answer['type']} `{neutral(answer['text'])}`"


def neutral(text: str) -> str:
    """An exception's text in one line, without what is different each time."""
    text = re.sub(r"jr_[0-9a-f]{16,}", "jr_...", " ".join(text.split()))
    return text.replace("|", "\\|").replace("`", "'")


def _trap(trap: Trap) -> str:
    return (
        f"### {trap.title}\n\n{trap.because} `{PROVIDER}/{trap.file}:{_number(trap)}`\n\n"
        f"```python\n{trap.line}\n```\n\nInstead: {trap.instead}\n"
    )


def _number(trap: Trap) -> int:
    lines = [line.strip() for line in (SITE_PACKAGES / PROVIDER / trap.file).read_text(encoding="utf-8").splitlines()]
    assert lines.count(trap.line) == 1, trap
    return lines.index(trap.line) + 1
