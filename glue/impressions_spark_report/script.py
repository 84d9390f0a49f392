"""The crawled tables, read with SQL: are all events of these days there? Then a report on them.

A Glue Spark job (4.0) with --enable-glue-datacatalog. Arguments:
  --target_date       end of the interval, as Airflow renders {{ data_interval_end }}: 2023-05-02T00:00:00+00:00 means that
                      the last day is 2023-05-01; a plain date, 2023-05-01, is that very day
  --days              how many days, the last one included
  --database          reads   the tables sessionised and rejected of this database
  --s3_input_bucket   reads   spark/manifest/dt=<day>.json    what was sent
  --s3_output_bucket  writes  spark/report/<last day>.json    {"days": [...], "campaigns": [...]}
Fails, and writes nothing, if the tables do not hold what was sent.
"""

import json
import re
import sys
from datetime import date, datetime, timedelta, timezone

import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

DAYS = """
    SELECT dt, count(*) AS accepted, count(DISTINCT user_id) AS users, count(DISTINCT session_id) AS sessions,
           count_if(viewable) AS viewable, count_if(clicked) AS clicks, sum(price_micros) AS revenue_micros,
           count(DISTINCT campaign_id, publisher_id, country) AS groups
    FROM {database}.sessionised WHERE dt BETWEEN '{first}' AND '{last}' GROUP BY dt ORDER BY dt
"""
REJECTED = """
    SELECT dt, reason, count(*) AS lines
    FROM {database}.rejected WHERE dt BETWEEN '{first}' AND '{last}' GROUP BY dt, reason
"""
CAMPAIGNS = """
    SELECT campaign_id, count(*) AS impressions, count_if(clicked) AS clicks, count(DISTINCT session_id) AS sessions,
           sum(price_micros) / 1000000 AS revenue_usd
    FROM {database}.sessionised WHERE dt BETWEEN '{first}' AND '{last}' GROUP BY campaign_id ORDER BY revenue_usd DESC
"""
s3 = boto3.client("s3")


class WrongNumbers(Exception):
    """The tables do not hold what was sent."""


def day_of(target_date):
    """The day that a target date speaks of: see --target_date above."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", target_date):
        return date.fromisoformat(target_date)
    end = datetime.fromisoformat(target_date.replace("Z", "+00:00"))
    if end.tzinfo is None:
        end = end.replace(tzinfo=timezone.utc)
    return (end.astimezone(timezone.utc) - timedelta(microseconds=1)).date()


def manifest(bucket, day):
    """What was sent for a day: see the job impressions_spark_events."""
    return json.loads(s3.get_object(Bucket=bucket, Key="spark/manifest/dt={}.json".format(day))["Body"].read())


def differences(found, rejected, sent):
    """What is not as it was sent, in words."""
    day = found["dt"]
    numbers = [name for name in found if name != "dt" and found[name] != sent[name]]
    wrong = ["{} {}: {}, sent {}".format(day, name, found[name], sent[name]) for name in numbers]
    reasons = {reason: lines for reason, lines in sent["rejected"].items() if lines}
    return wrong + (["{} rejected: {}, sent {}".format(day, rejected, reasons)] if rejected != reasons else [])


def main():
    options = getResolvedOptions(
        sys.argv, ["JOB_NAME", "target_date", "days", "database", "s3_input_bucket", "s3_output_bucket"]
    )
    glue = GlueContext(SparkContext.getOrCreate())
    job = Job(glue)
    job.init(options["JOB_NAME"], options)
    last = day_of(options["target_date"])
    days = [(last - timedelta(days=back)).isoformat() for back in reversed(range(int(options["days"])))]

    def ask(question):
        text = question.format(database=options["database"], first=days[0], last=days[-1])
        return [row.asDict() for row in glue.spark_session.sql(text).collect()]

    found = {row["dt"]: row for row in ask(DAYS)}
    rejected = {day: {} for day in days}
    for row in ask(REJECTED):
        rejected[row["dt"]][row["reason"]] = row["lines"]
    wrong = ["no events of {}".format(day) for day in days if day not in found]
    for day, numbers in found.items():
        wrong += differences(numbers, rejected[day], manifest(options["s3_input_bucket"], day))
    if wrong:
        raise WrongNumbers("; ".join(wrong))

    report = {"days": [found[day] for day in days], "campaigns": ask(CAMPAIGNS)}
    key = "spark/report/{}.json".format(last)
    s3.put_object(Bucket=options["s3_output_bucket"], Key=key, Body=json.dumps(report, indent=2))
    print("All {} events of {} days are there".format(sum(row["accepted"] for row in report["days"]), len(days)))
    print("Wrote s3://{}/{}".format(options["s3_output_bucket"], key))
    job.commit()


if __name__ == "__main__":
    main()
