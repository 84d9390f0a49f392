"""Raw impression events of several days, as ad servers would deliver them: 100,000 good ones a day, and some bad lines.

A Glue Python shell job (3.9). Arguments:
  --target_date       end of the interval, as Airflow renders {{ data_interval_end }}: 2023-05-02T00:00:00+00:00 means that
                      the last day is 2023-05-01; a plain date, 2023-05-01, is that very day
  --days              how many days, the last one included
  --s3_output_bucket  writes  spark/events/dt=<day>/part-NN.json.gz   one JSON object a line
                              spark/manifest/dt=<day>.json            what a correct pipeline finds in them
The same day gives the same bytes. `generate` is glue/data/generate.py of the project, by --extra-py-files.
"""

import json
import os
import re
import sys
import tempfile
from datetime import date, datetime, timedelta, timezone

import boto3
import generate
from awsglue.utils import getResolvedOptions

EVENTS_A_DAY = 100000
s3 = boto3.client("s3")


def day_of(target_date):
    """The day that a target date speaks of: see --target_date above."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", target_date):
        return date.fromisoformat(target_date)
    end = datetime.fromisoformat(target_date.replace("Z", "+00:00"))
    if end.tzinfo is None:
        end = end.replace(tzinfo=timezone.utc)
    return (end.astimezone(timezone.utc) - timedelta(microseconds=1)).date()


def upload(folder, bucket, prefix):
    for name in sorted(os.listdir(folder)):
        s3.upload_file(os.path.join(folder, name), bucket, prefix + name)


def main():
    options = getResolvedOptions(sys.argv, ["target_date", "days", "s3_output_bucket"])
    last, bucket = day_of(options["target_date"]), options["s3_output_bucket"]
    for back in reversed(range(int(options["days"]))):
        day = (last - timedelta(days=back)).isoformat()
        with tempfile.TemporaryDirectory() as folder:
            events, truth = os.path.join(folder, "events"), os.path.join(folder, "truth.json")
            generate.main(["--date", day, "--rows", str(EVENTS_A_DAY), "--out", events, "--truth", truth])
            upload(os.path.join(events, "dt=" + day), bucket, "spark/events/dt={}/".format(day))
            with open(truth) as file:
                found = json.load(file)[day]
        s3.put_object(Bucket=bucket, Key="spark/manifest/dt={}.json".format(day), Body=json.dumps(found))


if __name__ == "__main__":
    main()
