#!/usr/bin/env python3
"""Generates sample impression events: the input of the job impressions_sessionise, and the truth about it.

Same options, same bytes: on every Python from 3.7 on, on every day. Schema and kinds of bad lines: README.md.

    python generate.py --date 2023-05-01 --out /tmp/events                     one day, into /tmp/events/dt=2023-05-01/
    python generate.py --date yesterday --date today --rows 5000 --out events  two days, smaller
    python generate.py --sample --out events --truth truth.json                exactly the files that are shipped

How a day is made: users come for visits (more in the evening), a visit is a handful of impressions seconds to minutes
apart, a user may come back. On top of the good events come lines that a real pipeline meets: cut off, without a field,
with a time that is none, of another day, with a negative price, delivered twice.
"""

import argparse
import functools
import gzip
import json
import os
import random
import sys
from datetime import date, datetime, timedelta, timezone

SAMPLE_DAYS = ("2023-04-29", "2023-04-30", "2023-05-01")
SAMPLE_ROWS = 40000
DAY_MS = 24 * 60 * 60 * 1000
SESSION_GAP_MS = 30 * 60 * 1000  # a longer silence starts a new session; exactly this long does not
HOUR_WEIGHTS = (3, 2, 1, 1, 1, 2, 4, 7, 8, 7, 7, 8, 9, 8, 7, 7, 8, 10, 12, 14, 15, 14, 10, 6)

# name, base price of one impression in micro dollars, chance of a click in 1/10000
CAMPAIGNS = (
    ("spring-sale", 2400, 90),
    ("new-phone", 5200, 60),
    ("car-test-drive", 8100, 25),
    ("game-launch", 1900, 140),
    ("bank-card", 6700, 30),
    ("travel-jeju", 3300, 75),
)
# name, percent of its impressions that are viewable
PUBLISHERS = (("daily-news", 62), ("webtoon", 71), ("sports-live", 55), ("recipe-box", 66), ("map-app", 48))
COUNTRIES = (("KR", 55), ("JP", 18), ("US", 14), ("TW", 8), ("VN", 5))
DEVICES = (("mobile", 78), ("desktop", 17), ("tablet", 5))
FIELDS = (
    "event_id",
    "event_time",
    "user_id",
    "campaign_id",
    "publisher_id",
    "country",
    "device",
    "price_micros",
    "viewable",
    "clicked",
)
REJECTIONS = ("not_json", "missing_field", "bad_event_time", "wrong_day", "bad_price", "duplicate")


class Dice:
    """A seeded generator that uses nothing but random(): its sequence is the same in every Python version."""

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def below(self, limit):
        return int(self._random() * limit)

    def chance(self, share):
        return self._random() < share

    def pick(self, things):
        return things[self.below(len(things))]

    def weighted(self, pairs):
        roll = self.below(sum(weight for _, weight in pairs))
        for thing, weight in pairs:
            roll -= weight
            if roll < 0:
                return thing
        raise AssertionError("weights changed while rolling")

    def skewed(self, limit):
        """A number below limit; small ones are likelier: a few users come often, most seldom."""
        return int(self._random() ** 2 * limit)


def good_events(day, rows, dice):
    """`rows` valid events of one day, in the order of their time."""
    users = max(rows // 8, 1)
    moments = list(session_edges())[:rows]
    while len(moments) < rows:
        moments.extend(visit(dice, users)[: rows - len(moments)])
    moments.sort()
    return [event(day, number, moment, user, dice) for number, (moment, user) in enumerate(moments)]


def session_edges():
    """Two users who sit exactly on the rule: silent for 30:00.000 (one session) and for 30:00.001 (two sessions)."""
    noon = DAY_MS // 2
    for user, silence in ((900001, SESSION_GAP_MS), (900002, SESSION_GAP_MS + 1)):
        yield noon, user
        yield noon + silence, user


def visit(dice, users):
    """One visit: [(milliseconds since midnight, user number), ...], never past the end of the day."""
    user = dice.skewed(users)
    hour = dice.weighted(tuple(enumerate(HOUR_WEIGHTS)))
    moment = hour * 3600000 + dice.below(3600000)
    moments = []
    for _ in range(1 + dice.below(9)):
        moments.append((moment, user))
        moment += 2000 + dice.below(150000)
    return [(at, who) for at, who in moments if at < DAY_MS]


def event(day, number, moment, user, dice):
    campaign, base_price, click_rate = dice.pick(CAMPAIGNS)
    publisher, viewable_percent = dice.pick(PUBLISHERS)
    viewable = dice.below(100) < viewable_percent
    return {
        "event_id": "{}-{:07d}".format(day.strftime("%Y%m%d"), number),
        "event_time": at(day, moment),
        "user_id": "u-{:06d}".format(user),
        "campaign_id": campaign,
        "publisher_id": publisher,
        **traits(user),
        "price_micros": base_price - base_price % 100 + 100 * dice.below(12),
        "viewable": viewable,
        "clicked": viewable and dice.below(10000) < click_rate,
    }


@functools.lru_cache(maxsize=None)
def traits(user):
    """A person stays where they are and keeps the device: both follow from the user."""
    dice = Dice(user)
    return {"country": dice.weighted(COUNTRIES), "device": dice.weighted(DEVICES)}


def at(day, milliseconds):
    moment = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "{:03d}Z".format(moment.microsecond // 1000)


def lines_of(day, events, bad_ratio, dice):
    """[(hour, line)] of good and bad lines as they arrive, and how many of each rejection are among them."""
    rejected = dict.fromkeys(REJECTIONS, 0)
    lines = []
    for good in events:
        hour = int(good["event_time"][11:13])
        lines.append((hour, dump(good)))
        if dice.chance(bad_ratio):
            reason = dice.pick(REJECTIONS)
            rejected[reason] += 1
            lines.append((hour, spoil(dict(good), reason, day, dice)))
    return lines, rejected


def spoil(bad, reason, day, dice):
    """A line that must be rejected for exactly this reason. Only the copy delivered twice keeps its event_id."""
    if reason == "duplicate":
        return dump(bad)
    bad["event_id"] += "-x"
    if reason == "not_json":
        line = dump(bad)
        return line[: 20 + dice.below(len(line) - 40)]
    if reason == "missing_field":
        del bad[dice.pick(FIELDS)]
    elif reason == "bad_event_time":
        bad["event_time"] = dice.pick(("", "yesterday", "1682899200", "2023-02-30T10:00:00.000Z"))
    elif reason == "wrong_day":
        bad["event_time"] = at(day - timedelta(days=1 + dice.below(3)), dice.below(DAY_MS))
    elif reason == "bad_price":
        bad["price_micros"] = dice.pick((-100, "free", 1.5))
    return dump(bad)


def dump(record):
    return json.dumps(record, separators=(",", ":"))


def truth_of(events, rejected):
    """What a correct pipeline must find: counted here in plain Python, apart from the jobs' own code."""
    last_seen, sessions = {}, 0
    for good in events:
        moment = datetime.strptime(good["event_time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        before = last_seen.get(good["user_id"])
        if before is None or moment - before > timedelta(milliseconds=SESSION_GAP_MS):
            sessions += 1
        last_seen[good["user_id"]] = moment
    return {
        "lines": len(events) + sum(rejected.values()),
        "accepted": len(events),
        "rejected": rejected,
        "users": len(last_seen),
        "sessions": sessions,
        "viewable": sum(good["viewable"] for good in events),
        "clicks": sum(good["clicked"] for good in events),
        "revenue_micros": sum(good["price_micros"] for good in events),
        "groups": len({(good["campaign_id"], good["publisher_id"], good["country"]) for good in events}),
    }


def write_day(day, options):
    """Writes <out>/dt=<day>/part-NN.json.gz and returns the day's truth."""
    dice = Dice("{}/{}".format(options.seed, day.isoformat()))
    events = good_events(day, options.rows, dice)
    lines, rejected = lines_of(day, events, options.bad_ratio, dice)
    folder = os.path.join(options.out, "dt=" + day.isoformat())
    os.makedirs(folder, exist_ok=True)
    for number in range(options.files):
        part = [line for hour, line in lines if hour * options.files // 24 == number]
        write_gzip(os.path.join(folder, "part-{:02d}.json.gz".format(number)), "".join(line + "\n" for line in part))
    return truth_of(events, rejected)


def write_gzip(path, text):
    """Without name and time in the header, so that the same text gives the same file."""
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode("utf-8"))


def parse_day(text):
    today = datetime.now(timezone.utc).date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return date(*map(int, text.split("-")))
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError("{!r} is no date: YYYY-MM-DD, today, yesterday".format(text)) from None


def share(text):
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("{} is not between 0 and 1".format(text))
    return value


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("{} is not at least 1".format(text))
    return value


def parse_options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--date", action="append", type=parse_day, help="a day (UTC); may be given several times")
    parser.add_argument("--sample", action="store_true", help="the days that are shipped: " + ", ".join(SAMPLE_DAYS))
    parser.add_argument("--rows", type=positive, default=SAMPLE_ROWS, help="good events a day (default %(default)s)")
    parser.add_argument("--bad-ratio", type=share, default=0.004, help="bad lines per good one (default %(default)s)")
    parser.add_argument("--files", type=positive, default=4, help="files a day (default %(default)s)")
    parser.add_argument("--seed", type=int, default=222, help="another seed gives other events (default %(default)s)")
    parser.add_argument("--out", required=True, help="folder to write dt=<day>/part-NN.json.gz into")
    parser.add_argument("--truth", help="also write what a correct pipeline must find, per day, as JSON")
    options = parser.parse_args(arguments)
    options.days = [parse_day(day) for day in SAMPLE_DAYS if options.sample] + (options.date or [])
    if not options.days:
        parser.error("which days? Give --date or --sample")
    return options


def main(arguments=None):
    options = parse_options(arguments)
    truth = {day.isoformat(): write_day(day, options) for day in options.days}
    if options.truth:
        with open(options.truth, "w") as file:
            json.dump(truth, file, indent=2, sort_keys=True)
            file.write("\n")
    for day, found in truth.items():
        print(
            "{}: {} lines, {} good, {} bad".format(
                day, found["lines"], found["accepted"], found["lines"] - found["accepted"]
            )
        )


if __name__ == "__main__":
    sys.exit(main())
