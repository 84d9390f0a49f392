"""Raw impression events of one day -> valid events with a session each, and the rejected lines with their reason.

A Glue Python shell job (3.9). Arguments:
  --target_date       end of the interval to process, as Airflow renders {{ data_interval_end }}:
                      2023-05-02T00:00:00+00:00 means the day 2023-05-01; a plain date, 2023-05-01, that very day
  --s3_input_bucket   reads   events/dt=<day>/*.json.gz     one JSON object a line
  --s3_output_bucket  writes  sessionised/dt=<day>/part-0000.json.gz   the valid events, plus session_id and dt
                              rejected/dt=<day>/part-0000.json.gz      {reason, source, line_number, line}
A second run for the same day replaces the partition. Without any input it fails.
"""

import gzip
import io
import json
import re
import sys
from datetime import date, datetime, timedelta, timezone

import boto3
import pandas as pd
from awsglue.utils import getResolvedOptions

SESSION_GAP = pd.Timedelta(minutes=30)  # a longer silence of a user starts a new session
TEXTS = ("event_id", "event_time", "user_id", "campaign_id", "publisher_id", "country", "device")
REQUIRED = (*TEXTS, "price_micros", "viewable", "clicked")
s3 = boto3.client("s3")


class UnusableInput(Exception):
    """Raised rather than sys.exit(text): Glue shows the last line of a traceback as the run's ErrorMessage."""


def day_of(target_date):
    """The day that a target date speaks of: see --target_date above."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", target_date):
        return date.fromisoformat(target_date)
    end = datetime.fromisoformat(target_date.replace("Z", "+00:00"))
    if end.tzinfo is None:
        end = end.replace(tzinfo=timezone.utc)
    return (end.astimezone(timezone.utc) - timedelta(microseconds=1)).date()


def keys_below(bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return sorted(item["Key"] for page in pages for item in page.get("Contents", ()))


def raw_lines(bucket, keys):
    """Yields (key, line number from 1, text) of every line that is not empty."""
    for key in keys:
        packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        try:
            text = gzip.decompress(packed).decode("utf-8", errors="replace")
        except (EOFError, OSError) as error:
            raise UnusableInput("s3://{}/{} is not a whole gzip file: {}".format(bucket, key, error)) from error
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield key, number, line


def malformed(event):
    """What keeps this from being an event at all, or None."""
    if not isinstance(event, dict):
        return "not_json"
    if any(event.get(field) is None for field in REQUIRED):
        return "missing_field"
    texts, flags = (event[field] for field in TEXTS), (event["viewable"], event["clicked"])
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(flag, bool) for flag in flags):
        return "wrong_type"
    return None


def unusable(event, day, seen):
    """Why this event does not count for the day, or None. `seen` holds the ids accepted so far."""
    try:
        moment = datetime.strptime(event["event_time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return "bad_event_time"
    if moment.date() != day:
        return "wrong_day"
    if type(event["price_micros"]) is not int or event["price_micros"] < 0:
        return "bad_price"
    if event["event_id"] in seen:
        return "duplicate"
    return None


def parse(line):
    try:
        return json.loads(line)
    except ValueError:
        return None


def clean(lines, day):
    """Splits raw lines into accepted events and rejected lines (both lists of dicts)."""
    accepted, rejected, seen = [], [], set()
    for key, number, line in lines:
        event = parse(line)
        reason = malformed(event) or unusable(event, day, seen)
        if reason:
            rejected.append({"reason": reason, "source": key, "line_number": number, "line": line})
        else:
            seen.add(event["event_id"])
            accepted.append(event)
    return pd.DataFrame(accepted, columns=REQUIRED), pd.DataFrame(rejected)


def sessionise(events, day):
    """Adds session_id (<day>/<user>/<number from 1>), ordered by user and time. Sessions end with the day."""
    events = events.assign(moment=pd.to_datetime(events["event_time"], utc=True))
    events = events.sort_values(["user_id", "moment", "event_id"], kind="stable")
    silence = events.groupby("user_id")["moment"].diff()
    number = (silence.isna() | (silence > SESSION_GAP)).groupby(events["user_id"]).cumsum()
    events["session_id"] = day.isoformat() + "/" + events["user_id"] + "/" + number.astype(int).astype(str)
    events["dt"] = day.isoformat()
    return events.drop(columns="moment")


def replace_partition(bucket, prefix, rows):
    """Writes the rows as the partition's only object; with no rows the partition is empty afterwards."""
    key = prefix + "part-0000.json.gz"
    stale = [found for found in keys_below(bucket, prefix) if rows.empty or found != key]
    if not rows.empty:
        packed = io.BytesIO()
        with gzip.GzipFile("", "wb", 6, packed, mtime=0) as file:  # the same rows give the same bytes
            file.write(rows.to_json(orient="records", lines=True).strip().encode("utf-8") + b"\n")
        s3.put_object(Bucket=bucket, Key=key, Body=packed.getvalue(), ContentType="application/gzip")
    for found in stale:
        s3.delete_object(Bucket=bucket, Key=found)
    print("Wrote s3://{}/{}: {} rows, {} stale objects removed".format(bucket, prefix, len(rows), len(stale)))


def main():
    options = getResolvedOptions(sys.argv, ["target_date", "s3_input_bucket", "s3_output_bucket"])
    day = day_of(options["target_date"])
    source, target = options["s3_input_bucket"], options["s3_output_bucket"]
    print("Target date {} is the day {}".format(options["target_date"], day))

    prefix = "events/dt={}/".format(day)
    keys = keys_below(source, prefix)
    if not keys:
        raise UnusableInput("No input: nothing below s3://{}/{}".format(source, prefix))
    events, rejected = clean(raw_lines(source, keys), day)
    print("Read {} objects, {} lines".format(len(keys), len(events) + len(rejected)))
    print("Rejected {}: {}".format(len(rejected), rejected["reason"].value_counts().to_dict() if len(rejected) else {}))
    if events.empty:
        raise UnusableInput("No valid event among the {} lines below s3://{}/{}".format(len(rejected), source, prefix))

    events = sessionise(events, day)
    print(
        "Accepted {} events of {} users in {} sessions".format(
            len(events), events["user_id"].nunique(), events["session_id"].nunique()
        )
    )
    replace_partition(target, "rejected/dt={}/".format(day), rejected)
    replace_partition(target, "sessionised/dt={}/".format(day), events)


if __name__ == "__main__":
    main()
