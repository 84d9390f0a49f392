"""When something is due: cron expressions as AWS writes them, and the clock that waits for the next due time.

    cron(Minutes Hours Day-of-month Month Day-of-week Year)

Source: "Time-based schedules for jobs and crawlers" in Glue's guide. All times are UTC. What the guide leaves open is
answered as by Quartz, whose syntax this is: a range may run over the end of its field (FRI-MON, 22-3; not for years), a
step may follow a range, L alone in Day-of-week is Saturday, and L, W and # stand alone in their field.
"""

from __future__ import annotations

import calendar
import logging
import re
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Protocol

from .errors import InvalidInput

LOG = logging.getLogger(__name__)
SHORTEST = 5  # minutes between two runs: "rates faster than 5 minutes are not supported"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SATURDAY, _SUNDAY = 7, 1
_CRON = re.compile(r"cron\(([^()]*)\)")

DaysOf = Callable[[int, int], set[int]]
"""days_of(year, month): the days of that month, from 1 to 31."""


@dataclass(frozen=True)
class _Field:
    """The values that a field may have, and their names, the first of which means `first`."""

    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    wraps: bool = True

    def values(self, text: str) -> frozenset[int]:
        """`*`, numbers, names, ranges, steps, and lists of them. Raises _Unclear."""
        return frozenset(value for item in text.split(",") for value in self._item(item))

    def value(self, text: str) -> int:
        found = self.names.index(text) + self.first if text in self.names else _number(text)
        if not self.first <= found <= self.last:
            raise _Unclear(f"{self.name} goes from {self.first} to {self.last}, not {text!r}")
        return found

    def _item(self, item: str) -> Iterator[int]:
        span, slash, steps = item.partition("/")
        step = _number(steps) if slash else 1
        if not 1 <= step <= self.last:
            raise _Unclear(f"{item!r} is no increment of {self.name}")
        low, dash, high = span.partition("-")
        if span == "*":
            start, end = self.first, self.last
        else:
            start = self.value(low)
            end = self.value(high) if dash else self.last if slash else start
        if end < start:
            if not self.wraps:
                raise _Unclear(f"{span!r} ends before it starts")
            end += self.last - self.first + 1
        for value in range(start, end + 1, step):
            yield self.first + (value - self.first) % (self.last - self.first + 1)


class _Unclear(ValueError):
    """What is wrong with an expression."""


_MINUTES, _HOURS = _Field("Minutes", 0, 59), _Field("Hours", 0, 23)
_DAY_OF_MONTH, _DAY_OF_WEEK = _Field("Day-of-month", 1, 31), _Field("Day-of-week", 1, 7, _DAYS)
_MONTH, _YEAR = _Field("Month", 1, 12, _MONTHS), _Field("Year", 1970, 2199, wraps=False)


@dataclass(frozen=True)
class Schedule:
    """The due times of an expression, whole minutes in UTC. `parse` makes one."""

    expression: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    days_of: DaysOf

    def next_after(self, epoch: float) -> float | None:
        """The first due time later than `epoch` (both in seconds since the epoch); None if there is none any more."""
        day = datetime.fromtimestamp(max(epoch, 0.0), timezone.utc)
        for midnight in self._midnights(day.year, (day.month, day.day)):
            for hour in self.hours:
                if midnight + hour * 3600 + 3599 > epoch:
                    for minute in self.minutes:
                        due = float(midnight + hour * 3600 + minute * 60)
                        if due > epoch:
                            return due
        return None

    def _midnights(self, year: int, earliest: tuple[int, int] = (1, 1)) -> Iterator[int]:
        """The start of each day that has due times, from the day `earliest` of `year` on."""
        for each in self.years:
            for month in self.months if each >= year else ():
                for day in sorted(self.days_of(each, month)):
                    if each > year or (month, day) >= earliest:
                        yield calendar.timegm((each, month, day, 0, 0, 0))

    def _too_fast(self) -> bool:
        if any(after - before < SHORTEST for before, after in zip(self.minutes, self.minutes[1:])):
            return True
        if self.minutes[0] + 60 - self.minutes[-1] >= SHORTEST:
            return False
        if any(hour + 1 in self.hours for hour in self.hours):
            return True
        return {0, 23} <= set(self.hours) and self._has_neighbouring_days()

    def _has_neighbouring_days(self) -> bool:
        before = None
        for midnight in self._midnights(self.years[0]):
            if before is not None and midnight - before == 86400:
                return True
            before = midnight
        return False


def parse(expression: str) -> Schedule:
    """`cron(0 12 * * ? *)` as a Schedule. Raises InvalidInput, with what is wrong, also for a schedule that is due more
    often than every 5 minutes."""
    try:
        schedule = _parsed(expression)
        if schedule._too_fast():
            raise _Unclear(f"runs must be at least {SHORTEST} minutes apart")
    except _Unclear as problem:
        raise InvalidInput(f"Invalid schedule expression {expression}: {problem}") from None  # [?]
    return schedule


def _parsed(expression: str) -> Schedule:
    matched = _CRON.fullmatch(expression.strip())
    fields = matched[1].upper().split() if matched else []
    if len(fields) != 6:
        raise _Unclear("wanted are six fields, cron(Minutes Hours Day-of-month Month Day-of-week Year)")
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise _Unclear("exactly one of Day-of-month and Day-of-week must be ?")
    return Schedule(
        expression,
        tuple(sorted(_MINUTES.values(minutes))),
        tuple(sorted(_HOURS.values(hours))),
        tuple(sorted(_MONTH.values(month))),
        tuple(sorted(_YEAR.values(year))),
        _by_week(day_of_week) if day_of_month == "?" else _by_month(day_of_month),
    )


def _by_month(text: str) -> DaysOf:
    if text == "L":
        return lambda year, month: {_length(year, month)}
    if text == "LW":
        return lambda year, month: _nearest_weekday(_length(year, month), year, month)
    if text.endswith("W"):
        return partial(_nearest_weekday, _DAY_OF_MONTH.value(text[:-1]))
    values = _DAY_OF_MONTH.values(text)
    return lambda year, month: {day for day in values if day <= _length(year, month)}


def _by_week(text: str) -> DaysOf:
    if text == "L":
        return partial(_all_of, frozenset({_SATURDAY}))
    if text.endswith("L"):
        last = _DAY_OF_WEEK.value(text[:-1])
        return lambda year, month: {max(_all_of(frozenset({last}), year, month))}
    day, hash_sign, count = text.partition("#")
    if hash_sign:
        if count not in ("1", "2", "3", "4", "5"):
            raise _Unclear(f"{text!r} must end in #1 to #5")
        wanted, weeks = _DAY_OF_WEEK.value(day), range(7 * int(count) - 6, 7 * int(count) + 1)
        return lambda year, month: {found for found in _all_of(frozenset({wanted}), year, month) if found in weeks}
    return partial(_all_of, _DAY_OF_WEEK.values(text))


def _all_of(wanted: frozenset[int], year: int, month: int) -> set[int]:
    """The days of a month that are one of the days of the week."""
    return {day for day in range(1, _length(year, month) + 1) if _day_of_week(year, month, day) in wanted}


def _nearest_weekday(day: int, year: int, month: int) -> set[int]:
    """The day from Monday to Friday nearest to a day, in the same month; none if the month has no such day."""
    length = _length(year, month)
    if day > length:
        return set()
    if _day_of_week(year, month, day) == _SATURDAY:
        return {day - 1 if day > 1 else day + 2}
    if _day_of_week(year, month, day) == _SUNDAY:
        return {day + 1 if day < length else day - 2}
    return {day}


def _day_of_week(year: int, month: int, day: int) -> int:
    """From 1, Sunday, to 7."""
    return (calendar.weekday(year, month, day) + 1) % 7 + 1


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise _Unclear(f"{text!r} is not understood")
    return int(text)


class Due(Protocol):
    """A Schedule, as far as the clock needs it."""

    def next_after(self, epoch: float) -> float | None: ...


class Clock:
    """Calls back when schedules are due: one daemon thread, started by the first schedule, which sleeps until the nearest
    due time. What was due before a schedule was set, or while no process was there, is not made up for.

    `minute` is how many seconds a minute lasts: with less than 60 the clock's time, which starts at the present, runs
    faster than the world's."""

    # A sleeping computer stops the time of a wait: looked at again this often (seconds), a due time is not long overdue.
    LONGEST_WAIT = 60.0

    def __init__(self, minute: float = 60.0) -> None:
        self._speed, self._began = 60.0 / minute, time.time()
        self._changed = threading.Condition()
        self._entries: dict[Hashable, tuple[float, Due, Callable[[], None]]] = {}
        self._thread: threading.Thread | None = None
        self._stopped = False

    def now(self) -> float:
        """The clock's time, in seconds since the epoch."""
        return self._began + (time.time() - self._began) * self._speed

    def set(self, key: Hashable, schedule: Due, callback: Callable[[], None]) -> None:
        """From now on, `callback` is called (in the clock's thread: it must be quick) whenever `schedule` is due. Replaces
        what `key` stood for."""
        with self._changed:
            self._entries.pop(key, None)
            due = schedule.next_after(self.now())
            if due is not None and not self._stopped:
                self._entries[key] = (due, schedule, callback)
                if not self._thread:
                    self._thread = threading.Thread(target=self._run, name="glue-clock", daemon=True)
                    self._thread.start()
            self._changed.notify()

    def remove(self, key: Hashable) -> None:
        """Nothing happens if `key` is not set. A call that is due in this very moment may still come."""
        with self._changed:
            self._entries.pop(key, None)
            self._changed.notify()

    def stop(self) -> None:
        """Ends the thread: nothing is called any more when this returns, unless a callback called it."""
        with self._changed:
            self._stopped = True
            self._entries.clear()
            self._changed.notify()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while callbacks := self._wait():
            for key, callback in callbacks:
                try:
                    callback()
                except Exception:
                    LOG.exception("The schedule of %s", key)

    def _wait(self) -> list[tuple[Hashable, Callable[[], None]]]:
        """The callbacks that are due, when some are; none when the clock is stopped. Sets their next time."""
        with self._changed:
            while not self._stopped:
                now = self.now()
                due = [(key, callback) for key, (when, _, callback) in self._entries.items() if when <= now]
                if due:
                    for key, _ in due:
                        self._advance(key, now)
                    return due
                nearest = min((when for when, _, _ in self._entries.values()), default=None)
                left = None if nearest is None else min((nearest - now) / self._speed, self.LONGEST_WAIT)
                self._changed.wait(left)
            return []

    def _advance(self, key: Hashable, now: float) -> None:
        _, schedule, callback = self._entries.pop(key)
        if (following := schedule.next_after(now)) is not None:
            self._entries[key] = (following, schedule, callback)
