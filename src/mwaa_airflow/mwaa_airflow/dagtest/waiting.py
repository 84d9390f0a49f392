"""The clock of a run: which waits are slept out, which are shortened, and which are skipped by moving time on.

Time is moved on by moving a task's history back: all that Airflow knows of it are dates in its database. So the rest of the
process, requests to AWS among it, keeps the true time.

retries   their delay is skipped, unless `retry_delays="sleep"`
sensors   "real": they look at the outside world, so they wait for it, but at most `poke_every` seconds between two looks, and
          their timeout counts true seconds. "advance": they do not wait, each look comes a poke_interval later.
"""

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Iterator, List, Tuple

MARGIN = timedelta(milliseconds=1)  # Airflow compares with <, not with <=


class Clock:
    """How one run waits."""

    def __init__(self, retry_delays: str = "skip", sensors: str = "real", poke_every: float = 1.0) -> None:
        if retry_delays not in ("skip", "sleep"):
            raise ValueError("retry_delays={!r}: one of skip, sleep".format(retry_delays))
        if sensors not in ("real", "advance"):
            raise ValueError("sensors={!r}: one of real, advance".format(sensors))
        self.retry_delays, self.sensors, self.poke_every = retry_delays, sensors, poke_every
        self.skipped = 0.0
        """Seconds that did not pass."""

    @contextmanager
    def of_sensors(self) -> Iterator[None]:
        """In it, a sensor in mode poke sleeps by this clock."""
        from airflow.sensors import base

        true_time = base.time
        base.time = _SensorTime(self)  # type: ignore[assignment]
        try:
            yield
        finally:
            base.time = true_time

    def pass_until_due(self, waiting: List[Any], session: Any, deadline: float) -> float:
        """Lets time pass until the first of these task instances (up for retry or reschedule) is due; the seconds slept."""
        from airflow.utils import timezone
        from airflow.utils.state import State

        now = timezone.utcnow()
        skippable: List[Tuple[timedelta, Any]] = []
        real: List[Tuple[timedelta, Any]] = []
        for ti in waiting:
            retry = ti.state == State.UP_FOR_RETRY
            left = (ti.next_retry_datetime() if retry else _next_look(ti, session)) - now
            skip = self.retry_delays == "skip" if retry else self.sensors == "advance"
            (skippable if skip else real).append((max(left, timedelta(0)), ti))
        if skippable:
            wait = min(left for left, _ in skippable) + MARGIN
            for _, ti in skippable:
                _move_back(ti, wait, session)
            self.skipped += wait.total_seconds()
            return 0.0
        wait = min(left for left, _ in real)
        sensors = [(left, ti) for left, ti in real if ti.state != State.UP_FOR_RETRY]
        seconds = wait.total_seconds()
        if sensors:
            seconds = min(seconds, self.poke_every)
        seconds = max(0.0, min(seconds, deadline - time.monotonic()))
        time.sleep(seconds + MARGIN.total_seconds())
        for left, ti in sensors:
            if left > timedelta(seconds=seconds):
                _due_now(ti, session)
        return seconds


class _SensorTime:
    """Stands in for the module `time` in airflow.sensors.base."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._moved = clock, 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._moved

    def sleep(self, seconds: float) -> None:
        if self._clock.sensors == "advance":
            self._moved += seconds
            self._clock.skipped += seconds
        else:
            time.sleep(min(seconds, self._clock.poke_every))

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def _reschedules(ti: Any, session: Any) -> List[Any]:
    from airflow.models.taskreschedule import TaskReschedule

    return list(
        session.query(TaskReschedule)
        .filter_by(dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id)
        .order_by(TaskReschedule.id)
    )


def _next_look(ti: Any, session: Any) -> Any:
    return _reschedules(ti, session)[-1].reschedule_date


def _move_back(ti: Any, span: timedelta, session: Any) -> None:
    for row in [ti, *_reschedules(ti, session)]:
        for name in ("start_date", "end_date", "reschedule_date"):
            if getattr(row, name, None) is not None:
                setattr(row, name, getattr(row, name) - span)
        session.merge(row)
    session.commit()


def _due_now(ti: Any, session: Any) -> None:
    from airflow.utils import timezone

    last = _reschedules(ti, session)[-1]
    last.reschedule_date = timezone.utcnow() - MARGIN
    session.merge(last)
    session.commit()
