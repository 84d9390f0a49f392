"""Who may start, who waits in line, who is refused; and that waiting survives a restart."""

from __future__ import annotations

import pytest

from localstack_glue.service import quotas, states
from localstack_glue.service.errors import ConcurrentRunsExceeded, ResourceNumberLimitExceeded
from localstack_glue.service.quotas import Quotas
from tests.support.polling import wait_until
from tests.unit.glue.conftest import Glue

QUEUES = {"JobRunQueuingEnabled": True}
FOREVER = "import time; time.sleep(600)"


@pytest.fixture
def small(tmp_path):
    """An account that may run two jobs at once, with 1.5 DPUs."""
    made = Glue(tmp_path, quotas=Quotas(runs=2, dpus=1.5))
    yield made
    made.runner.shutdown()


def running(run):
    wait_until(lambda: run.state == states.RUNNING, 10, f"{run.id} runs, is {run.state}")


def test_the_account_runs_no_more_than_it_may(small):
    for _ in range(2):
        running(small.start(FOREVER, concurrent=9))
    with pytest.raises(ResourceNumberLimitExceeded, match="Max concurrent job runs per account exceeded"):
        small.new(FOREVER, concurrent=9)


def test_the_account_uses_no_more_than_it_may(small):
    running(small.start(FOREVER, concurrent=9, definition={"MaxCapacity": 1.0}))
    with pytest.raises(ResourceNumberLimitExceeded, match=r"Max concurrent compute \(DPU usage\) exceeded"):
        small.new(FOREVER, concurrent=9, definition={"MaxCapacity": 1.0})
    running(small.start(FOREVER, concurrent=9))


def test_the_jobs_own_limit_is_named_first(small):
    small.start(FOREVER)
    with pytest.raises(ConcurrentRunsExceeded):
        small.new(FOREVER)


def test_those_who_wait_start_in_their_order_one_for_one(small):
    runs = [small.start(FOREVER, concurrent=9, definition=QUEUES) for _ in range(5)]
    running(runs[0])
    running(runs[1])
    assert [run.state for run in runs[2:]] == [states.WAITING] * 3
    assert runs[4].record["StateDetail"] == quotas.ACCOUNT
    small.runner.stop(runs[0])
    running(runs[2])
    assert [run.state for run in runs[3:]] == [states.WAITING] * 2
    small.runner.stop(runs[3])  # leaves the line
    assert runs[3].done.wait(10)
    assert (runs[3].state, runs[3].record["ExecutionTime"]) == (states.STOPPED, 0)
    small.runner.stop(runs[1])
    running(runs[4])
    assert "StateDetail" not in runs[4].record
    assert runs[4].since > runs[4].record["StartedOn"]


def test_one_that_fits_passes_one_that_does_not(small):
    running(small.start(FOREVER, concurrent=9, definition={"MaxCapacity": 1.0}))
    large = small.start(FOREVER, concurrent=9, definition={**QUEUES, "MaxCapacity": 1.0})
    assert large.record["StateDetail"] == quotas.DPUS
    running(small.start(FOREVER, concurrent=9, definition=QUEUES))
    assert large.state == states.WAITING


def test_waiting_goes_on_after_the_service_was_killed(small, monkeypatch):
    first = small.start(FOREVER)
    running(first)
    waiting = small.start("print('had its turn')", definition=QUEUES)
    monkeypatch.setattr(small.store, "move", lambda *_, **__: None)  # the killed service writes no more
    small.restart()
    small.runner.adopt()
    again = small.store.get(waiting.owner, "job", waiting.id)
    assert again.state == states.WAITING
    small.runner.stop(small.store.get(first.owner, "job", first.id))
    assert again.done.wait(15)
    assert again.state == states.SUCCEEDED
    assert small.output(again) == ["had its turn"]


def test_an_orderly_shutdown_ends_those_who_wait(small):
    running(small.start(FOREVER))
    waiting = small.start(FOREVER, definition=QUEUES)
    small.runner.shutdown()
    assert waiting.state == states.FAILED
    assert "environment was stopped" in waiting.record["ErrorMessage"]


@pytest.mark.parametrize(
    ("job", "request_", "waits"),
    [
        ({}, {}, False),
        (QUEUES, {}, True),
        (QUEUES, {"JobRunQueuingEnabled": False}, False),
        ({}, QUEUES, True),
        ({**QUEUES, "MaxRetries": 1}, {}, False),
        (QUEUES, {"ExecutionClass": "FLEX"}, False),
    ],
)
def test_the_run_decides_whether_it_waits_else_the_job(job, request_, waits):
    assert quotas.waits(job, request_) is waits
