"""A Glue job that does nothing, StartJobRun to SUCCEEDED, against the interpreter that runs the same script by hand."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings

TITLE = "A Python shell job that does nothing"
AT_MOST = 3.0
SCRIPT = b"pass\n"
JOB = "bench-nothing"
BUCKET = "bench-scripts"
RUNS_A_ROUND = 10
ASK_EVERY = 0.005  # seconds between two GetJobRun
LONGEST_RUN = 60.0  # seconds


def measure(bench: Bench) -> Report:
    """Runs and interpreter starts take turns; a round's value is the median of ten."""
    stack = bench.shared_stack()
    glue, script = create_job(stack), bench.folder / "nothing.py"
    script.write_bytes(SCRIPT)
    interpreter, bare = interpreters(bench.installed)
    for _ in range(3):
        run_job(glue)
    ours, theirs, bare_ones = [], [], []
    for _ in bench.each_round():
        taken = [
            (run_job(glue), run_script(interpreter, script), run_script(bare, script)) for _ in range(RUNS_A_ROUND)
        ]
        jobs, scripts, bares = (median(values) * 1000 for values in zip(*taken))
        ours.append(jobs)
        theirs.append(scripts)
        bare_ones.append(bares)
    name, values = "StartJobRun to SUCCEEDED", tuple(ours)
    overhead = tuple(job - script for job, script in zip(ours, theirs))
    lines = [
        Line(name, "ms", values, "python script.py, in the job's environment", tuple(theirs), AT_MOST),
        Line(name, "ms", values, "python script.py, no packages, no start-up code", tuple(bare_ones), AT_MOST),
        Line("  what the service adds to the interpreter", "ms", overhead),
    ]
    return Report("job", TITLE, lines, load=bench.load)


def create_job(stack: Any) -> Any:
    """Script and job in the stack; returns the Glue client."""
    s3, glue = stack.client("s3"), stack.client("glue")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="nothing.py", Body=SCRIPT)
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{BUCKET}/nothing.py"}
    role = stack.client("iam").get_role(RoleName="mwaa-local-glue-role")["Role"]["Arn"]
    with suppress(glue.exceptions.AlreadyExistsException):  # of the measurement before, in the same stack
        glue.create_job(Name=JOB, Role=role, Command=command, MaxCapacity=0.0625)
    return glue


def run_job(glue: Any) -> float:
    """Seconds from the call of StartJobRun until GetJobRun says SUCCEEDED. Raises LocalError if it says anything else."""
    begun = time.perf_counter()
    run_id = glue.start_job_run(JobName=JOB)["JobRunId"]
    while time.perf_counter() < begun + LONGEST_RUN:
        run = glue.get_job_run(JobName=JOB, RunId=run_id)["JobRun"]
        if run["JobRunState"] == "SUCCEEDED":
            return time.perf_counter() - begun
        if run["JobRunState"] not in ("STARTING", "RUNNING"):
            raise LocalError(f"A job that does nothing ended {run['JobRunState']}: {run.get('ErrorMessage', '')}")
        time.sleep(ASK_EVERY)
    raise LocalError(f"A job that does nothing was still {run['JobRunState']} after {LONGEST_RUN:.0f} s.")


def interpreters(installed: Settings) -> tuple[Path, Path]:
    """The interpreter of Python shell jobs, and the one it was made from, which knows no package of ours."""
    interpreter = installed.venv_python("glue-pythonshell-3.9")
    return interpreter, interpreter.resolve()


def run_script(interpreter: Path, script: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([str(interpreter), str(script)], check=True, env={"LANG": "C.UTF-8"})
    return time.perf_counter() - begun
