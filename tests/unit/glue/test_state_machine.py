"""Random starts, stops, kills and restarts: whatever comes in whatever order, a run's record never breaks the rules.

The processes are real and short; an abandoned service is one whose threads go on, but whose writes reach nobody, as if
it had been killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from localstack_glue.service import jobs, process, states
from localstack_glue.service.process import Process
from localstack_glue.service.runs import Run, RunStore
from tests.support.polling import wait_until
from tests.unit.glue.conftest import OWNER, Glue

SCRIPTS = {
    "ends": "print('x')",
    "fails": "raise ValueError('as told')",
    "stays": "import time; time.sleep(600)",
}


class Moves(RunStore):
    """Holds every move against the table, and notes it."""

    def __init__(self, folder: Path, seen: dict[str, list[dict[str, Any]]]) -> None:
        self.seen = seen
        super().__init__(folder)

    def move(self, run: Run, state: str, **changes: Any) -> None:
        super().move(run, state, **changes)
        self.seen.setdefault(run.id, []).append(dict(run.record))


class Runs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="runs-"))
        self.seen: dict[str, list[dict[str, Any]]] = {}
        self.ended: dict[str, dict[str, Any]] = {}
        self.glue = Glue(self.folder, minute=0.3)
        self._serve()

    def _serve(self) -> None:
        from localstack_glue.service.runner import Runner

        self.glue.store = Moves(self.glue.settings.runs, self.seen)
        self.glue.runner = Runner(self.glue.store, self.glue.services, self.glue.settings, self.glue.bookmarks)

    def _job(self, kind: str, retries: int, timeout: int) -> Run:
        self.glue.services.scripts[f"s3://b/{kind}.py"] = SCRIPTS[kind]
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://b/{kind}.py"}
        limits = {"MaxRetries": retries, "Timeout": timeout, "ExecutionProperty": {"MaxConcurrentRuns": 1000}}
        job = jobs.definition("job", {"Role": "role", "Command": command, **limits}, created=None)
        return self.glue.store.create(OWNER, job, {}, {})

    @rule(kind=st.sampled_from(list(SCRIPTS)), retries=st.integers(0, 2), timeout=st.sampled_from([1, 2880]))
    def start(self, kind: str, retries: int, timeout: int) -> None:
        self.glue.runner.submit(self._job(kind, retries, timeout))

    # Which run it is follows from a number alone: how many are in progress depends on time, and a plan must not.
    @rule(which=st.integers(0, 99))
    def stop(self, which: int) -> None:
        for run in self._one_of_the_active(which):
            try:
                self.glue.runner.stop(run)
            except states.ImpossibleTransition:
                assert run.state not in states.STOPPABLE

    @rule(which=st.integers(0, 99))
    def kill_the_process(self, which: int) -> None:
        for run in self._one_of_the_active(which):
            shim = Process.from_json(run.local["Process"]) if run.local["Process"] else None
            if shim and shim.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shim.pid, signal.SIGKILL)

    def _one_of_the_active(self, which: int) -> list[Run]:
        active = self.glue.store.active()
        return [active[which % len(active)]] if active else []

    @rule()
    def wait_a_little(self) -> None:
        time.sleep(0.05)  # a step of the plan, not a wait for something

    @rule()
    def restart(self) -> None:
        """An orderly stop, and another start."""
        self.glue.runner.shutdown()
        assert not self.glue.store.active()
        self._serve()
        self.glue.runner.adopt()

    @invariant()
    def the_rules_hold(self) -> None:
        for records in list(self.seen.values()):
            check_history(records)
        for run in self.glue.store.all():
            if run.ended:
                record = dict(run.record)
                assert self.ended.setdefault(run.id, record) == record, "a terminal state changed"
            else:
                assert "CompletedOn" not in run.record

    def teardown(self) -> None:
        self.glue.runner.shutdown()
        self.the_rules_hold()
        for run in self.glue.store.all():
            recorded = run.local["Process"]
            wait_until(
                lambda r=run, p=recorded: not process.members(r.id, Process.from_json(p) if p else None),
                5,
                "no process",
            )
            assert run.ended
        again = {run.id: run.record for run in RunStore(self.glue.settings.runs).all()}
        assert again == {run.id: run.record for run in self.glue.store.all()}
        shutil.rmtree(self.folder)


def check_history(records: list[dict[str, Any]]) -> None:
    """What a run's record was after each move: moves of the table only, times that never go back."""
    before = states.STARTING
    for record, previous in zip(records, [None, *records], strict=False):
        states.check(before, record["JobRunState"])
        before = record["JobRunState"]
        assert previous is None or record["LastModifiedOn"] >= previous["LastModifiedOn"]
        assert ("CompletedOn" in record) == (before in states.TERMINAL)
        assert record.get("CompletedOn", record["StartedOn"]) >= record["StartedOn"]


Runs.TestCase.settings = settings(
    max_examples=60, stateful_step_count=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
test_whatever_happens_to_runs = Runs.TestCase
