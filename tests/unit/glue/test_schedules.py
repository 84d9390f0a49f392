"""Cron expressions against a second reading of them, minute by minute, and the clock against the real time."""

from __future__ import annotations

import threading
import time
from calendar import monthrange
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localstack_glue.service.errors import InvalidInput
from localstack_glue.service.schedules import Clock, parse
from tests.support.polling import wait_until

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


def following(expression, start, count=3):
    schedule, found, now = parse(expression), [], at(start)
    for _ in range(count):
        now = schedule.next_after(now)
        if now is None:
            break
        found.append(datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "start", "due"),
    [
        ("cron(15 12 * * ? *)", "2024-02-28 12:15", ["2024-02-29 12:15", "2024-03-01 12:15", "2024-03-02 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", "2024-03-08 17:00", ["2024-03-08 18:00", "2024-03-11 18:00", "2024-03-12 18:00"]),
        ("cron(0 8 1 * ? *)", "2023-12-31 23:59", ["2024-01-01 08:00", "2024-02-01 08:00", "2024-03-01 08:00"]),
        ("cron(0/15 * * * ? *)", "2024-01-01 00:44", ["2024-01-01 00:45", "2024-01-01 01:00", "2024-01-01 01:15"]),
        ("cron(1/20 23 ? * SUN *)", "2024-01-06 00:00", ["2024-01-07 23:01", "2024-01-07 23:21", "2024-01-07 23:41"]),
        ("cron(0 0 L * ? *)", "2024-01-31 00:00", ["2024-02-29 00:00", "2024-03-31 00:00", "2024-04-30 00:00"]),
        ("cron(0 0 1W * ? *)", "2024-05-02 00:00", ["2024-06-03 00:00", "2024-07-01 00:00", "2024-08-01 00:00"]),
        ("cron(0 0 LW * ? *)", "2024-03-01 00:00", ["2024-03-29 00:00", "2024-04-30 00:00", "2024-05-31 00:00"]),
        ("cron(0 0 31W * ? *)", "2024-02-01 00:00", ["2024-03-29 00:00", "2024-05-31 00:00", "2024-07-31 00:00"]),
        ("cron(0 0 ? * L *)", "2024-01-05 00:00", ["2024-01-06 00:00", "2024-01-13 00:00", "2024-01-20 00:00"]),
        ("cron(0 0 ? * 6L *)", "2024-01-01 00:00", ["2024-01-26 00:00", "2024-02-23 00:00", "2024-03-29 00:00"]),
        ("cron(0 0 ? * TUE#5 *)", "2024-01-01 00:00", ["2024-01-30 00:00", "2024-04-30 00:00", "2024-07-30 00:00"]),
        ("cron(0 0 ? 2 FRI-MON *)", "2024-02-02 00:00", ["2024-02-03 00:00", "2024-02-04 00:00", "2024-02-05 00:00"]),
        ("cron(0 22-1 * * ? *)", "2024-01-01 22:00", ["2024-01-01 23:00", "2024-01-02 00:00", "2024-01-02 01:00"]),
        ("cron(0 0 29 2 ? *)", "2096-03-01 00:00", ["2104-02-29 00:00", "2108-02-29 00:00", "2112-02-29 00:00"]),
        ("cron(0 0 1 jan ? 2198-2199)", "2190-01-01 00:00", ["2198-01-01 00:00", "2199-01-01 00:00"]),
        ("cron(0 0 30 2 ? *)", "1970-01-01 00:00", []),
    ],
)
def test_due_times(expression, start, due):
    assert following(expression, start) == due


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "0 12 * * ? *",
        "cron()",
        "cron(0 12 * * ?)",
        "cron(0 12 * * ? * *)",
        "rate(5 minutes)",
        "cron(0 12 * * ? *) x",
    ]
    + ["cron(60 0 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 ? * 0 *)"]
    + ["cron(0 0 ? * 8 *)", "cron(0 0 * 13 ? *)", "cron(0 0 * * ? 1969)", "cron(0 0 * * ? 2200)", "cron(0 0 * * ? ?)"]
    + ["cron(? 0 * * ? *)", "cron(0 0 * * * *)", "cron(0 0 ? * ? *)", "cron(0 0 1 * MON *)", "cron(0 0 ? * MON#6 *)"]
    + [
        "cron(0 0 ? * MON#0 *)",
        "cron(0 0 ? * #1 *)",
        "cron(0 0 1,L * ? *)",
        "cron(0 0 1-5W * ? *)",
        "cron(0 0 W * ? *)",
    ]
    + ["cron(0/0 0 * * ? *)", "cron(0/61 0 * * ? *)", "cron(1- 0 * * ? *)", "cron(0, 0 * * ? *)", "cron(-1 0 * * ? *)"]
    + [
        "cron(0 0 * FOO ? *)",
        "cron(0 0 ? * JAN *)",
        "cron(0 0 * * ? 2030-2020)",
        "cron(0 0 L-3 * ? *)",
        "cron(٠ 0 * * ? *)",
    ],
)
def test_what_is_no_schedule_is_refused(expression):
    with pytest.raises(InvalidInput, match="Invalid schedule expression"):
        parse(expression)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("cron(0/5 * * * ? *)", True),
        ("cron(0/4 * * * ? *)", False),
        ("cron(* * * * ? *)", False),
        ("cron(0,4 12 1 1 ? 2030)", False),
        ("cron(0/7 * * * ? *)", False),  # 56 past, then the full hour
        ("cron(2,58 0/2 * * ? *)", True),  # no two hours in a row
        ("cron(2,58 0,23 * * ? *)", False),  # over midnight
        ("cron(2,58 0,23 1 * ? *)", True),  # over midnight, but no two days in a row
        ("cron(2,58 0,23 1,31 * ? *)", False),  # 31 January, 1 February
    ],
)
def test_two_runs_are_five_minutes_apart(expression, allowed):
    if allowed:
        parse(expression)
    else:
        with pytest.raises(InvalidInput):
            parse(expression)


# A second reading: every minute is asked whether it is due.


def item_matches(item, value, first, last, names):
    def number(text):
        return names.index(text) + first if text in names else int(text)

    span, _, step = item.partition("/")
    if span == "*":
        low, high = first, last
    elif "-" in span:
        low, high = map(number, span.split("-"))
    else:
        low, high = number(span), last if step else number(span)
    size = last - first + 1
    walked = low
    while walked <= (high if high >= low else high + size):
        if (walked - first) % size + first == value:
            return True
        walked += int(step or 1)
    return False


def matches(text, value, first, last, names=()):
    return any(item_matches(item, value, first, last, names) for item in text.split(","))


def weekday(day):
    return day.isoweekday() % 7 + 1


def is_nearest_weekday(wanted, day):
    length = monthrange(day.year, day.month)[1]
    if wanted > length:
        return False
    month = [day.replace(day=each) for each in range(1, length + 1)]
    return day == min((each for each in month if each.weekday() < 5), key=lambda each: abs(each.day - wanted))


def day_of_month_matches(day_of_month, day):
    if day_of_month == "L":
        return day.day == monthrange(day.year, day.month)[1]
    if day_of_month.endswith("W"):
        return is_nearest_weekday(int(day_of_month[:-1]), day)
    return matches(day_of_month, day.day, 1, 31)


def day_of_week_matches(day_of_week, day):
    if day_of_week == "L":
        return weekday(day) == 7
    if day_of_week.endswith("L"):
        return weekday(day) == int(day_of_week[:-1]) and day.day + 7 > monthrange(day.year, day.month)[1]
    if "#" in day_of_week:
        wanted, count = day_of_week.split("#")
        return weekday(day) == int(wanted) and (day.day - 1) // 7 + 1 == int(count)
    return matches(day_of_week, weekday(day), 1, 7, DAYS)


def reference(fields, start, days):
    """The first due minute within `days` after `start`, or None."""
    minutes, hours, day_of_month, month, day_of_week, year = fields
    begin = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for offset in range(days):
        day = begin + timedelta(days=offset)
        if not (matches(month, day.month, 1, 12, MONTHS) and matches(year, day.year, 1970, 2199)):
            continue
        if not (
            day_of_week_matches(day_of_week, day) if day_of_month == "?" else day_of_month_matches(day_of_month, day)
        ):
            continue
        for of_day in range(24 * 60):
            moment = day + timedelta(minutes=of_day)
            if moment > start and matches(hours, moment.hour, 0, 23) and matches(minutes, moment.minute, 0, 59):
                return moment.timestamp()
    return None


def items(first, last, names=(), wrap=True):
    number = st.integers(first, last).map(lambda value: names[value - first] if names else str(value))
    spans = st.tuples(st.integers(first, last), st.integers(first, last))
    ranges = (spans if wrap else spans.map(sorted)).map(lambda pair: f"{pair[0]}-{pair[1]}")
    step = st.integers(1, min(last, 30))
    return st.one_of(
        number, ranges, st.builds("{}/{}".format, st.one_of(number, ranges, st.just("*")), step), st.just("*")
    )


def lists(*arguments, **options):
    return st.lists(items(*arguments, **options), min_size=1, max_size=3).map(",".join)


MINUTES = st.one_of(st.integers(0, 59).map(str), st.integers(5, 30).map(lambda step: f"*/{step}"), lists(0, 59))
DAY_FIELDS = st.one_of(
    st.tuples(st.one_of(lists(1, 31), st.just("L"), st.integers(1, 31).map("{}W".format)), st.just("?")),
    st.tuples(
        st.just("?"),
        st.one_of(
            lists(1, 7, tuple(DAYS)),
            st.just("L"),
            st.integers(1, 7).map("{}L".format),
            st.builds("{}#{}".format, st.integers(1, 7), st.integers(1, 5)),
        ),
    ),
)
STARTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))


@settings(max_examples=300, deadline=None)
@given(MINUTES, lists(0, 23), DAY_FIELDS, lists(1, 12, tuple(MONTHS)), STARTS, st.sampled_from(["*", "2000-2199/2"]))
def test_the_next_time_is_that_of_a_reading_minute_by_minute(minutes, hours, days, months, start, years):  # noqa: PLR0917
    fields = (minutes, hours, days[0], months, days[1], years)
    try:
        schedule = parse(f"cron({' '.join(fields)})")
    except InvalidInput as problem:
        assert "at least 5 minutes apart" in problem.message
        return
    window = 800
    expected = reference(fields, start, window)
    found = schedule.next_after(start.timestamp())
    if expected is None:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        assert found is None or found >= (midnight + timedelta(days=window)).timestamp()
    else:
        assert found == expected


class Every:
    """Due every `seconds`, at most `times` times."""

    def __init__(self, seconds, times=10**6):
        self.seconds, self.left = seconds, times

    def next_after(self, epoch):
        self.left -= 1
        return epoch + self.seconds if self.left >= 0 else None


@pytest.fixture
def clock():
    made = Clock()
    yield made
    made.stop()


def test_the_clock_calls_until_the_schedule_ends(clock):
    calls, ended = [], threading.Event()
    clock.set("a", Every(0.01, times=3), lambda: calls.append("a"))
    clock.set("b", Every(0.2, times=1), ended.set)
    assert ended.wait(10)
    assert calls == ["a"] * 3


def test_a_nearer_time_wakes_the_clock(clock):
    fired = threading.Event()
    clock.set("late", Every(3600), lambda: None)
    clock.set("soon", Every(0.01), fired.set)
    assert fired.wait(10)


def test_setting_again_replaces_and_removing_ends(clock):
    calls = []
    clock.set("a", Every(0.01), lambda: calls.append("old"))
    clock.set("a", Every(0.01), lambda: calls.append("new"))
    wait_until(lambda: "new" in calls, 10, "the new callback")
    clock.remove("a")
    fired = threading.Event()
    clock.set("b", Every(0.01), fired.set)
    assert fired.wait(10)  # a call of `a` that was under way is over
    before = list(calls)
    fired.clear()
    assert fired.wait(10)
    assert calls == before


def test_a_callback_that_fails_stops_nothing(clock):
    fired = threading.Event()
    clock.set("bad", Every(0.01, times=1), lambda: 1 / 0)
    clock.set("good", Every(0.05), fired.set)
    assert fired.wait(10)


def test_a_stopped_clock_has_no_thread_and_takes_nothing(clock):
    calls = []
    clock.set("a", Every(0.001), lambda: calls.append("a"))
    clock.stop()
    before = len(calls)
    clock.set("a", Every(0.001), lambda: calls.append("a"))
    assert not [thread for thread in threading.enumerate() if thread.name == "glue-clock" and thread.is_alive()]
    assert len(calls) == before


def test_a_minute_of_the_clock_may_be_short():
    quick = Clock(minute=0.02)
    fired = threading.Event()
    began = time.time()
    quick.set("a", parse("cron(0/5 * * * ? *)"), fired.set)
    assert fired.wait(10)
    assert time.time() - began < 10
    assert quick.now() > began + (time.time() - began) * 60
    quick.stop()
