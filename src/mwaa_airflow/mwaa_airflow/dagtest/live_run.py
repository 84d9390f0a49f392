"""A run in the running stack, as a test sees it: its tasks, their logs and templates, its Glue runs."""

import json
import re
import urllib.request
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional

from mwaa_airflow.dagtest.remote import RemoteAirflow, StackError

ENDED = ("success", "failed")
GLUE_RUN = re.compile(r"\bjr_[0-9a-f]{64}\b")
PATIENCE = 10.0  # seconds for the Glue service to describe a run
KINDS = ("output", "error")


class RunTooLong(AssertionError):
    """A run has not ended within its limit; says what each task is at."""


class LiveTask:
    """One task of a run, as it was at the last look: start and end in UTC or None, duration in seconds or None."""

    def __init__(self, run: "LiveRun", found: Dict[str, Any]) -> None:
        self._run = run
        self.task_id: str = found["task_id"]
        self.state: Optional[str] = found["state"]
        self.try_number: int = found["try_number"]
        self.start, self.end = _moment(found["start"]), _moment(found["end"])
        self.duration = (self.end - self.start).total_seconds() if self.start and self.end else None

    def logs(self) -> List[str]:
        """The log of each try."""
        return self._run.ask("logs", task_id=self.task_id).get(self.task_id, [])

    def log(self) -> str:
        """The log of the last try; empty if it has not begun."""
        return (self.logs() or [""])[-1]

    def rendered(self) -> Dict[str, Any]:
        """The template fields as they were rendered when the task began; empty before that."""
        return self._run.details()["rendered"].get(self.task_id, {})

    def xcom(self, key: str = "return_value") -> Any:
        """What the task has left there; None if nothing."""
        found = [x["value"] for x in self._run.details()["xcoms"] if (x["task_id"], x["key"]) == (self.task_id, key)]
        return found[-1] if found else None

    def __repr__(self) -> str:
        return "<{} {} (try {})>".format(self.task_id, self.state, self.try_number)


class GlueRun:
    """A Glue job run that a task has started or waited for: the fields of AWS's JobRun are attributes, None if not there."""

    def __init__(self, aws: Any, about: Dict[str, Any]) -> None:
        self._aws, self._logs, self.fields = aws, about["Logs"], about["JobRun"]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.fields.get(name)

    def log(self, kind: str = "output") -> str:
        """What the job has printed: `output`, or `error`."""
        place = {"logGroupName": self._logs[kind]["LogGroup"], "logStreamName": self._logs[kind]["LogStream"]}
        client, lines, token = self._aws.client("logs"), [], None
        while True:
            try:
                page = client.get_log_events(
                    startFromHead=True, **dict(place, **({"nextToken": token} if token else {}))
                )
            except client.exceptions.ResourceNotFoundException:  # it has printed nothing
                break
            lines += [event["message"] for event in page["events"]]
            if not page["events"] or page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return "<Glue run {} of {} {}>".format(self.Id, self.JobName, self.JobRunState)


class LiveRun:
    """One run of a DAG; `deployed(...).trigger()` makes it."""

    def __init__(self, remote: RemoteAirflow, aws: Any, dag_id: str, run_id: str, logical_date: str) -> None:
        self._remote, self._aws = remote, aws
        self.dag_id, self.run_id = dag_id, run_id
        self.logical_date = _moment(logical_date)
        self._last: Dict[str, Any] = {"state": None, "tasks": []}

    def ask(self, what: str, takes: float = 0.0, **more: Any) -> Any:
        __tracebackhide__ = True
        return self._remote.ask(what, takes, dag_id=self.dag_id, run_id=self.run_id, **more)

    def wait(self, limit: float = 600) -> "LiveRun":
        """Returns when the run has ended. Raises RunTooLong after `limit` seconds."""
        __tracebackhide__ = True
        self._last = self.ask("wait", takes=limit, limit=limit)
        if self._last["state"] not in ENDED:
            text = "{} {} has not ended within {:g} s; it is {}:\n{}"
            raise RunTooLong(text.format(self.dag_id, self.run_id, limit, self._last["state"], self.table()))
        return self

    @property
    def state(self) -> Optional[str]:
        """queued, running, success, failed; as it is now."""
        return self._look()["state"]

    @property
    def tasks(self) -> Dict[str, LiveTask]:
        """The tasks as they are now, by their id; a text that names them all if one is asked for that is not there."""
        return _Tasks((found["task_id"], LiveTask(self, found)) for found in self._look()["tasks"])

    @property
    def glue_runs(self) -> List[GlueRun]:
        """The Glue runs of this run's tasks, in the order in which they were started. Known from the tasks' logs and XComs:
        a task that has failed has left no XCom."""
        details = self.details()
        told = [text for texts in self.ask("logs").values() for text in texts]
        told.append(json.dumps([details["xcoms"], details["rendered"]]))
        ids = {one for text in told for one in GLUE_RUN.findall(text)}
        found = [GlueRun(self._aws, about) for about in map(self._about, sorted(ids)) if about is not None]
        return sorted(found, key=lambda run: str(run.StartedOn))

    def details(self) -> Dict[str, Any]:
        """See mwaa_airflow.attendant.details."""
        return self.ask("details")

    def freeze(self) -> None:
        """Remembers the tasks as they are, before what goes on is ended."""
        self._look()

    def table(self) -> str:
        """A line per task, as at the last look."""
        tasks = self._last["tasks"]
        width = max([len(task["task_id"]) for task in tasks] or [4])
        return "\n".join(
            "  {:<{}}  {:<16} try {}".format(task["task_id"], width, task["state"] or "waits", task["try_number"])
            for task in tasks
        )

    def as_dict(self) -> Dict[str, Any]:
        return dict(self._last, dag_id=self.dag_id, run_id=self.run_id)

    def _look(self) -> Dict[str, Any]:
        if self._last["state"] not in ENDED:
            self._last = self.ask("state")
        return self._last

    def _about(self, run_id: str) -> Optional[Dict[str, Any]]:
        """What the Glue service says of a run; None: it is not there."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open("{}/_aws/glue/runs/{}".format(self._aws.endpoint, run_id), timeout=PATIENCE) as answer:
                return json.loads(answer.read().decode())
        except OSError:
            return None

    def __repr__(self) -> str:
        return "<{} {} {}>".format(self.dag_id, self.run_id, self._last["state"])


class _Tasks(Dict[str, LiveTask]):
    def __missing__(self, task_id: str) -> LiveTask:
        raise StackError("There is no task {!r} in this run; there are: {}".format(task_id, ", ".join(self)))


def _moment(text: Optional[str]) -> Optional[datetime]:
    if not text:
        return None
    # Python 3.7 reads no colon in an offset by strptime, but fromisoformat does
    return datetime.fromisoformat(text).astimezone(timezone.utc)
