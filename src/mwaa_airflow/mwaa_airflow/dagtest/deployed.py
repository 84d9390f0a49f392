"""`deployed(...)`: a DAG in the running stack for the time of a test, brought there if need be, unpaused, and put back after it.

Several tests at once, also in several processes, may have the same DAG: the first of them brings and unpauses it, the last one
puts it back (shared_use). Their runs have ids of their own.
"""

import hashlib
import os
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from mwaa_airflow.attendant import OURS
from mwaa_airflow.dagtest.live_run import ENDED, LiveRun
from mwaa_airflow.dagtest.remote import RemoteAirflow, StackError, create_glue_jobs
from mwaa_airflow.dagtest.shared_use import SharedUse

READING = 60.0  # seconds that reading a DAG file may take, a little more than Airflow's own limit
ENDING = 60.0  # seconds for runs that go on to be ended
GLUE_GOES_ON = ("STARTING", "RUNNING", "WAITING")


class Deployment:
    """A context manager. In it the DAG is unpaused; at its end runs of this test that still go on are failed, with their Glue
    runs, and the paused state is put back. What was brought is taken away by `remove`, when the test has ended."""

    def __init__(self, kit: "Kit", which: Any, dag_id: str = "", glue: Any = None) -> None:
        self._kit, self._remote = kit, kit.remote
        self._which, self._glue = which, glue
        self.dag_id = dag_id
        self.runs: List[LiveRun] = []
        self._unpaused: Optional[SharedUse] = None

    def __enter__(self) -> "Deployment":
        __tracebackhide__ = True
        if self._glue is not None:
            self._kit.bring_jobs(Path(str(self._glue)))
        self.dag_id = self._find()
        name = "dag-" + hashlib.sha256(self.dag_id.encode()).hexdigest()[:16]
        self._unpaused = SharedUse(self._kit.folder, name, self._unpause, self._put_back)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if isinstance(error, (Exception, pytest.fail.Exception)):  # not: skipped, expected to fail, Ctrl-C
                self._kit.failing(self.runs)
            self._end_runs()
        finally:
            if self._unpaused is not None:
                self._unpaused.end()
                self._unpaused = None

    def trigger(self, conf: Optional[Dict[str, Any]] = None, logical_date: Any = None) -> LiveRun:
        """Starts a run and returns at once. `logical_date`: a datetime or an ISO text, in UTC if it says nothing else;
        default: now."""
        __tracebackhide__ = True
        if self._unpaused is None:
            raise StackError("trigger() outside of `with deployed(...)`: the DAG is paused")
        run_id = OURS + uuid.uuid4().hex[:12]
        asked = {"dag_id": self.dag_id, "run_id": run_id, "conf": conf, "logical_date": _text(logical_date)}
        made = self._remote.ask("trigger", **asked)
        self.runs.append(LiveRun(self._remote, self._kit.aws(), self.dag_id, run_id, made["logical_date"]))
        return self.runs[-1]

    def _find(self) -> str:
        """The id of the DAG, which the database of the stack has in this version after it."""
        __tracebackhide__ = True
        which = self._which
        if hasattr(which, "fileloc"):
            self.dag_id, which = self.dag_id or which.dag_id, Path(which.fileloc)
        if isinstance(which, str) and not which.endswith(".py") and os.sep not in which:
            file = self._remote.ask("dag", READING, dag_id=which)["file"]
            self.dag_id = which
            self._kit.read(file)
            return which
        dag_ids = self._kit.bring(Path(str(which)))
        if not self.dag_id and len(dag_ids) == 1:
            return dag_ids[0]
        if self.dag_id not in dag_ids:
            text = "{} has the DAGs {}. Next: deployed({!r}, dag_id=...) with one of them"
            raise StackError(text.format(which, ", ".join(dag_ids), str(which)))
        return self.dag_id

    def _unpause(self, left: Any) -> Dict[str, Any]:
        before = left or {"was_paused": self._remote.ask("dag", dag_id=self.dag_id)["is_paused"], "since": time.time()}
        self._remote.ask("pause", dag_id=self.dag_id, paused=False)
        return before

    def _put_back(self, before: Dict[str, Any]) -> None:
        if before["was_paused"]:
            self._remote.ask("pause", dag_id=self.dag_id, paused=True)
            # a DAG that is paused does not go on with what its schedule has begun meanwhile
            since = before["since"]
            self._remote.ask("end_runs", ENDING, dag_id=self.dag_id, run_ids=[], scheduled_since=since)

    def _end_runs(self) -> None:
        going_on = [run for run in self.runs if run.state not in ENDED]
        if not going_on:
            return
        self._remote.ask("end_runs", ENDING, dag_id=self.dag_id, run_ids=[run.run_id for run in going_on])
        glue = self._kit.aws().client("glue")
        for run in going_on:
            for one in run.glue_runs:
                if one.JobRunState in GLUE_GOES_ON:
                    glue.batch_stop_job_run(JobName=one.JobName, JobRunIds=[one.Id])


class Kit:
    """What one test has brought into the stack, and the runs that it has made."""

    def __init__(self, remote: RemoteAirflow, aws: Callable[[], Any]) -> None:
        self.remote, self.aws = remote, aws
        self.folder = Path(remote.stack["state"]) / "tests" / "deployed"
        self.deployments: List[Deployment] = []
        self._brought: List[SharedUse] = []
        self._seen: Callable[[List[LiveRun]], None] = lambda runs: None

    def deployed(self, which: Any, dag_id: str = "", glue: Any = None) -> Deployment:
        """`which`: a DAG id of the stack, the path of a DAG file, or a DAG; `dag_id`: which DAG of a file with several;
        `glue`: a folder of jobs like glue/, which are created, and deleted again."""
        self.deployments.append(Deployment(self, which, dag_id, glue))
        return self.deployments[-1]

    @property
    def runs(self) -> List[LiveRun]:
        return [run for one in self.deployments for run in one.runs]

    def on_failure(self, seen: Callable[[List[LiveRun]], None]) -> None:
        """`seen` gets the runs of a deployment in which a test fails, before they are ended."""
        self._seen = seen

    def failing(self, runs: List[LiveRun]) -> None:
        self._seen(runs)

    def read(self, file: str) -> List[str]:
        """Has Airflow read a file of its DAGs folder now; the ids of its DAGs. Raises StackError with the import error."""
        __tracebackhide__ = True
        try:
            found = self.remote.ask("read", READING, file=file)
        except StackError as error:
            raise StackError("{} cannot be deployed: {}".format(file, error)) from None
        if found["changed"]:
            time.sleep(self.remote.airflow["dag_cache"])  # the scheduler may hold the definition before for so long
        return list(found["dags"])

    def bring(self, file: Path) -> List[str]:
        """Puts a DAG file into the stack's DAGs folder unless it lies there; the ids of its DAGs."""
        __tracebackhide__ = True
        file, dags = file.resolve(), Path(self.remote.stack["dags"]).resolve()
        if not file.is_file():
            raise StackError("There is no DAG file {}.".format(file))
        inside = Path(self.remote.airflow["dags_folder"])
        if self.remote.stack["source"] != "mount":
            text = "The stack has its DAGs from its bucket (SOURCE=s3), so {} cannot be put beside them."
            raise StackError((text + " Next: make deploy, then deployed('<dag id>')").format(file))
        if dags in file.parents:
            return self.read(str(inside / file.relative_to(dags)))
        key = hashlib.sha256(str(file).encode()).hexdigest()[:8]
        name = "e2e_{}_{}".format(key, file.name)
        there, known_as = dags / name, str(inside / name)

        def make(_: Any) -> Dict[str, Any]:
            __tracebackhide__ = True
            text = file.read_bytes()
            self._wait_for_cache(key, text)
            try:
                partial = there.with_name("." + name + ".partial")
                partial.write_bytes(text)
                partial.replace(there)
            except OSError as error:
                raise StackError("{} cannot be put into the stack's DAGs folder: {}".format(file, error)) from None
            try:
                return {"dags": self._read_new(known_as, file)}
            except BaseException:
                self._take_away(there, known_as)
                raise

        def undo(_: Any) -> None:
            self._remember(key, file)
            self._take_away(there, known_as)

        self._brought.append(SharedUse(self.folder, "file-" + key, make, undo))
        return list(self._brought[-1].value["dags"])

    def bring_jobs(self, folder: Path) -> None:
        """Creates the Glue jobs of a folder for this test. Raises StackError."""
        __tracebackhide__ = True
        folder = folder.resolve()
        name = "glue-" + hashlib.sha256(str(folder).encode()).hexdigest()[:8]

        def make(left: Any) -> Dict[str, Any]:
            __tracebackhide__ = True
            delete(left or {"jobs": []})
            return {"jobs": create_glue_jobs(folder)}

        def delete(made: Dict[str, Any]) -> None:
            glue = self.aws().client("glue")
            for job in made["jobs"]:
                glue.delete_job(JobName=job)

        self._brought.append(SharedUse(self.folder, name, make, delete))

    def remove(self) -> None:
        """Takes away what the test has brought, unless another test has it too."""
        for use in reversed(self._brought):
            use.end()
        self._brought = []

    def _read_new(self, known_as: str, file: Path) -> List[str]:
        __tracebackhide__ = True
        try:
            return list(self.remote.ask("read", READING, file=known_as)["dags"])
        except StackError as error:
            raise StackError("{} cannot be deployed: {}".format(file, error)) from None

    def _take_away(self, there: Path, known_as: str) -> None:
        if there.is_file():
            there.unlink()
        for compiled in (there.parent / "__pycache__").glob(there.stem + ".*"):
            compiled.unlink()
        self.remote.ask("forget", file=known_as)

    def _remember(self, key: str, file: Path) -> None:
        """What the scheduler may still hold of a file that is taken away."""
        (self.folder / ("removed-" + key)).write_text(_digest(file.read_bytes() if file.is_file() else b""))

    def _wait_for_cache(self, key: str, text: bytes) -> None:
        kept = self.folder / ("removed-" + key)
        if kept.is_file() and kept.read_text() != _digest(text):
            left = self.remote.airflow["dag_cache"] - (time.time() - kept.stat().st_mtime)
            time.sleep(max(0.0, left))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _text(moment: Any) -> Optional[str]:
    return None if moment is None else moment.isoformat() if hasattr(moment, "isoformat") else str(moment)
