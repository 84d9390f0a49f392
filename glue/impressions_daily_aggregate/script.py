"""Sessionised events of one day -> one row per campaign, publisher and country.

A Glue Python shell job (3.9). Arguments:
  --target_date       end of the interval to process, as Airflow renders {{ data_interval_end }}:
                      2023-05-02T00:00:00+00:00 means the day 2023-05-01; a plain date, 2023-05-01, that very day
  --s3_input_bucket   reads   sessionised/dt=<day>/*.json.gz, written by the job impressions_sessionise
  --s3_output_bucket  writes  daily_aggregate/dt=<day>/part-0000.json.gz with the columns
                              dt, campaign_id, publisher_id, country, impressions, users, sessions, viewable, clicks,
                              viewable_rate (share of impressions), ctr (clicks per impression), revenue_usd
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

DIMENSIONS = ["dt", "campaign_id", "publisher_id", "country"]
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


def read_events(bucket, keys):
    rows = []
    for key in keys:
        packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        rows.extend(json.loads(line) for line in gzip.decompress(packed).decode("utf-8").splitlines())
    return pd.DataFrame(rows)


def aggregate(events):
    """One row per combination of DIMENSIONS that occurs, in their order."""
    rows = events.groupby(DIMENSIONS, as_index=False).agg(
        impressions=("event_id", "size"),
        users=("user_id", "nunique"),
        sessions=("session_id", "nunique"),
        viewable=("viewable", "sum"),
        clicks=("clicked", "sum"),
        revenue_micros=("price_micros", "sum"),
    )
    rows["viewable_rate"] = (rows["viewable"] / rows["impressions"]).round(4)
    rows["ctr"] = (rows["clicks"] / rows["impressions"]).round(4)
    # Whole micro dollars until here: a sum of floats would depend on the order of the events.
    rows["revenue_usd"] = rows.pop("revenue_micros") / 1_000_000
    return rows


def replace_partition(bucket, prefix, rows):
    """Writes the rows as the partition's only object."""
    key = prefix + "part-0000.json.gz"
    stale = [found for found in keys_below(bucket, prefix) if found != key]
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

    prefix = "sessionised/dt={}/".format(day)
    events = read_events(source, keys_below(source, prefix))
    if events.empty:
        raise UnusableInput("No input: no events below s3://{}/{}".format(source, prefix))
    rows = aggregate(events)
    print(
        "{} impressions, {} clicks, {:.2f} USD in {} groups".format(
            rows["impressions"].sum(), rows["clicks"].sum(), rows["revenue_usd"].sum(), len(rows)
        )
    )
    replace_partition(target, "daily_aggregate/dt={}/".format(day), rows)


if __name__ == "__main__":
    main()
