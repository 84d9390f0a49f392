"""What is kept of a failed test that has run DAGs in the stack: a folder of files, and a short text for its report.

    summary.txt                        what failed first, with its last lines
    <dag id>.<run id>/run.json         state, tasks, conf, XComs
                      rendered.json    templates as they were rendered, by task
                      logs/<task id>.<try>.log
                      glue/<job>.<run id>.json, .output.log, .error.log
    s3.txt                             the objects of each bucket that the test, its runs or their Glue runs name

Nothing here may hide the failure of the test: what cannot be had is named in summary.txt instead.
"""

import hashlib
import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

from mwaa_airflow.dagtest.live_run import GlueRun, LiveRun
from mwaa_airflow.dagtest.s3_client import list_objects

LONGEST_NAME = 120  # characters
LAST_LINES = 5
MOST_OBJECTS = 1000  # of a bucket
FAILURE, ERROR = "Task failed with exception", " ERROR - "
RECORD = re.compile(r"\[\d{4}-\d\d-\d\d ")
"""How Airflow begins the lines of a log."""


class Attachments:
    """The files of one failed test; written once for each run."""

    def __init__(self, base: Path, test: str, aws: Any) -> None:
        self.folder, self._aws = base / folder_name(test), aws
        self.buckets: Set[str] = set()
        """Those that the test itself has asked for."""
        self._seen: Dict[str, str] = {}
        self._named = ""
        self._missed: List[str] = []

    def discard(self) -> None:
        """Removes what an earlier run of the test has left."""
        shutil.rmtree(str(self.folder), ignore_errors=True)

    def add_runs(self, runs: List[LiveRun]) -> None:
        """Writes what there is of these runs, as they are now."""
        for run in runs:
            if run.run_id not in self._seen:
                self._seen[run.run_id] = "{} {}".format(run.dag_id, run.run_id)
                with self._noted(repr(run)):
                    self._add_run(run)

    def finish(self) -> str:
        """Writes the rest; returns the short text."""
        with self._noted("the listing of S3"):
            self._list_buckets()
        lines = list(self._seen.values()) or ["The test had triggered no run."]
        lines += ["could not be had: " + one for one in self._missed]
        lines.append("Files: {}".format(self.folder))
        text = "\n".join(lines)
        with self._noted("summary.txt"):
            self._write("summary.txt", text + "\n")
        return text

    def files(self) -> List[Path]:
        return sorted(file for file in self.folder.rglob("*") if file.is_file())

    def _add_run(self, run: LiveRun) -> None:
        base = "{}.{}".format(folder_name(run.dag_id), run.run_id)
        tasks = run.tasks
        details: Dict[str, Any] = {}
        with self._noted("details of " + run.run_id):
            details = run.details()
            self._write(base + "/rendered.json", _json(details["rendered"]))
        kept = dict(run.as_dict(), conf=details.get("conf"), xcoms=details.get("xcoms"))
        self._write(base + "/run.json", _json(kept))
        logs: Dict[str, List[str]] = run.ask("logs")
        for task_id, tries in logs.items():
            for number, text in enumerate(tries, 1):
                self._write("{}/logs/{}.{}.log".format(base, task_id, number), text)
        glue: List[GlueRun] = []
        with self._noted("Glue runs of " + run.run_id):
            glue = run.glue_runs
            for one in glue:
                self._add_glue(base, one)
        self._named += _json([kept, details, [one.fields for one in glue]])
        self._seen[run.run_id] = what_failed(run, tasks, logs, glue)

    def _add_glue(self, base: str, run: GlueRun) -> None:
        name = "{}/glue/{}.{}".format(base, folder_name(run.JobName), run.Id)
        self._write(name + ".json", _json(run.fields))
        for kind in ("output", "error"):
            self._write("{}.{}.log".format(name, kind), run.log(kind))

    def _list_buckets(self) -> None:
        client = self._aws.client("s3")
        there = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        concerned = [name for name in there if name in self.buckets or _is_named(name, self._named)]
        lines: List[str] = [] if concerned else ["Neither the test nor its runs name a bucket that there is."]
        for name in concerned:
            found = list_objects(client, name, most=MOST_OBJECTS)
            more = " (the first ones)" if len(found) == MOST_OBJECTS else ""
            lines.append("s3://{}: {} objects{}".format(name, len(found), more))
            lines += ["{:>12}  {:%Y-%m-%d %H:%M:%S}  {}".format(o["Size"], o["LastModified"], o["Key"]) for o in found]
        self._write("s3.txt", "\n".join(lines) + "\n")

    def _write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="replace")

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as problem:  # of whatever kind: the test's failure is what counts
            self._missed.append("{}: {!r}".format(what, problem))


def folder_name(name: str) -> str:
    """A name as one part of a path; of a long one the beginning and a sum."""
    plain = re.sub(r"[^\w.\[\]-]+", "_", name).strip("._") or "_"
    if len(plain) <= LONGEST_NAME:
        return plain
    return "{}-{}".format(plain[:LONGEST_NAME], hashlib.sha256(name.encode()).hexdigest()[:8])


def what_failed(run: LiveRun, tasks: Dict[str, Any], logs: Dict[str, List[str]], glue: List[GlueRun]) -> str:
    """A line on the run, one on the task that failed first, why, and what Glue says."""
    lines = ["{} {}: {}".format(run.dag_id, run.run_id, run.as_dict()["state"])]
    failed = [task for task in tasks.values() if task.state in ("failed", "up_for_retry") and task.end]
    if failed:
        first = min(failed, key=lambda task: task.end)
        lines.append("failed first: {} ({}, try {}) at {:%H:%M:%S} UTC".format(
            first.task_id, first.state, first.try_number, first.end
        ))  # fmt: skip
        lines += ["  " + line for line in last_error((logs.get(first.task_id) or [""])[-1])]
    else:
        going_on = [
            "{} {}".format(task.task_id, task.state or "waits") for task in tasks.values() if task.state != "success"
        ]
        lines.append("no task has failed; not successful: {}".format(", ".join(going_on) or "none"))
    for one in glue:
        if one.JobRunState != "SUCCEEDED":
            lines.append(
                "Glue run {} of {}: {} {}".format(one.Id, one.JobName, one.JobRunState, one.ErrorMessage or "")
            )
    return "\n".join(lines)


def last_error(log: str) -> List[str]:
    """The lines of a task's log that say why it failed: the end of the traceback that Airflow writes, else its last error."""
    if not log:
        return ["it has no log: it never came to a worker. Next: make logs SERVICE=scheduler"]
    lines = log.splitlines()
    failures = [number for number, line in enumerate(lines) if FAILURE in line]
    if not failures:
        errors = [line for line in lines if ERROR in line]
        return errors[-1:] or lines[-LAST_LINES:]
    traceback: List[str] = []
    for line in lines[failures[-1] + 1 :]:
        if RECORD.match(line):
            break
        traceback.append(line)
    return traceback[-LAST_LINES:]


def _is_named(bucket: str, text: str) -> bool:
    return re.search(r"(?<![\w.-]){}(?![\w-])".format(re.escape(bucket)), text) is not None


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, default=str, ensure_ascii=False, sort_keys=True)
