"""Raw impression events of several days -> valid events with a session each, and the rejected lines with their reason.

A Glue Spark job (4.0). Arguments:
  --target_date       end of the interval, as Airflow renders {{ data_interval_end }}: 2023-05-02T00:00:00+00:00 means that
                      the last day is 2023-05-01; a plain date, 2023-05-01, is that very day
  --days              how many days, the last one included
  --s3_input_bucket   reads   spark/events/dt=<day>/*.json.gz     one JSON object a line
  --s3_output_bucket  writes  spark/sessionised/dt=<day>/*.parquet   the valid events, plus session_id
                              spark/rejected/dt=<day>/*.parquet      reason, line
A second run replaces the partitions of its days and leaves the others alone. A day without any input fails.
"""

import re
import sys
from datetime import date, datetime, timedelta, timezone

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import Window
from pyspark.sql import functions as F

SESSION_GAP_MS = 30 * 60 * 1000  # a longer silence of a user starts a new session
TEXTS = ("event_id", "user_id", "campaign_id", "publisher_id", "country", "device")
FLAGS = ("viewable", "clicked")
REQUIRED = (*TEXTS, "event_time", "price_micros", *FLAGS)
TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"


def day_of(target_date):
    """The day that a target date speaks of: see --target_date above."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", target_date):
        return date.fromisoformat(target_date)
    end = datetime.fromisoformat(target_date.replace("Z", "+00:00"))
    if end.tzinfo is None:
        end = end.replace(tzinfo=timezone.utc)
    return (end.astimezone(timezone.utc) - timedelta(microseconds=1)).date()


def raw_lines(spark, bucket, days):
    """(line, dt) of every line that is not empty. Raises AnalysisException if a day has no input."""
    base = "s3://{}/spark/events/".format(bucket)
    lines = spark.read.option("basePath", base).text(["{}dt={}/".format(base, day) for day in days])
    return lines.select(F.col("value").alias("line"), F.col("dt").cast("string")).where(F.trim("line") != "")


def judge(lines):
    """The lines with their fields, and with the reason why one is rejected; null for those that are accepted."""
    field = {name: F.col("fields")[name] for name in REQUIRED}
    is_missing = F.array_contains(F.array(*[value.isNull() for value in field.values()]), True)
    is_no_flag = F.array_contains(F.array(*[~field[name].isin("true", "false") for name in FLAGS]), True)
    moment = F.when(field["event_time"].rlike(TIME), field["event_time"].cast("timestamp"))
    reason = (
        F.when(F.col("fields").isNull(), "not_json")
        .when(is_missing, "missing_field")
        .when(is_no_flag, "wrong_type")
        .when(moment.isNull(), "bad_event_time")
        .when(F.to_date(moment) != F.to_date("dt"), "wrong_day")
        .when(~field["price_micros"].rlike(r"^\d+$"), "bad_price")
    )
    judged = lines.withColumn("fields", F.from_json("line", "map<string,string>")).select(
        "line",
        "dt",
        reason.alias("reason"),
        moment.alias("event_time"),
        *[field[name].alias(name) for name in TEXTS],
        field["price_micros"].cast("long").alias("price_micros"),
        *[field[name].cast("boolean").alias(name) for name in FLAGS],
    )
    delivery = F.row_number().over(Window.partitionBy("dt", "event_id", "reason").orderBy("line"))
    is_duplicate = F.col("reason").isNull() & (F.col("delivery") > 1)
    return judged.withColumn("delivery", delivery).withColumn(
        "reason", F.when(is_duplicate, "duplicate").otherwise(F.col("reason"))
    )


def sessionise(events):
    """Adds session_id (<day>/<user>/<number from 1>). Sessions end with the day."""
    visits = Window.partitionBy("dt", "user_id").orderBy("event_time", "event_id")
    silence = F.expr("unix_millis(event_time)") - F.expr("unix_millis(before)")
    is_first = F.col("before").isNull() | (silence > SESSION_GAP_MS)
    numbered = events.withColumn("before", F.lag("event_time").over(visits)).withColumn(
        "number", F.sum(is_first.cast("int")).over(visits)
    )
    return numbered.withColumn("session_id", F.concat_ws("/", "dt", "user_id", "number")).drop("before", "number")


def write(rows, bucket, name):
    rows.write.partitionBy("dt").mode("overwrite").parquet("s3://{}/spark/{}/".format(bucket, name))


def main():
    options = getResolvedOptions(sys.argv, ["JOB_NAME", "target_date", "days", "s3_input_bucket", "s3_output_bucket"])
    glue = GlueContext(SparkContext.getOrCreate())
    spark, log = glue.spark_session, glue.get_logger()
    job = Job(glue)
    job.init(options["JOB_NAME"], options)
    # "overwrite" replaces the partitions that are written, not the whole table
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")

    last = day_of(options["target_date"])
    days = [last - timedelta(days=back) for back in reversed(range(int(options["days"])))]
    judged = judge(raw_lines(spark, options["s3_input_bucket"], days)).cache()
    log.info("Target date {} means the days {} to {}".format(options["target_date"], days[0], last))

    accepted = judged.where("reason IS NULL").drop("line", "reason", "delivery")
    write(sessionise(accepted), options["s3_output_bucket"], "sessionised")
    write(judged.where("reason IS NOT NULL").select("reason", "line", "dt"), options["s3_output_bucket"], "rejected")

    counts = judged.groupBy(F.coalesce("reason", F.lit("accepted")).alias("what")).count().orderBy("what").collect()
    print("Of {} lines: {}".format(sum(row["count"] for row in counts), {row["what"]: row["count"] for row in counts}))
    job.commit()


if __name__ == "__main__":
    main()
