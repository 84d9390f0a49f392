"""A Spark run outlives the service that started it."""

from __future__ import annotations

from pathlib import Path

from tests.glue.service.conftest import BUCKET, processes
from tests.spark.runtime.conftest import A_SESSION, DATA, SparkAccount
from tests.support.localstack import LocalStack
from tests.support.polling import wait_until


def test_a_run_goes_on_over_a_kill_of_the_service(tmp_path: Path) -> None:
    script = A_SESSION + (
        "import boto3, time\nprint('up', flush=True)\n"
        "s3 = boto3.client('s3')\n"
        "def there():\n"
        "    try:\n        return s3.list_objects_v2(Bucket='spark-data', Prefix='go-on')['KeyCount']\n"
        "    except Exception:\n        return 0\n"
        "while not there():\n    time.sleep(0.2)\n"
        "print(spark.range(11).count())\n"
    )
    with LocalStack(tmp_path) as localstack:
        aws = SparkAccount(localstack)
        aws.s3.create_bucket(Bucket=BUCKET)
        aws.s3.create_bucket(Bucket=DATA)
        name = aws.spark_job(script)
        events = {"--enable-spark-ui": "true", "--spark-event-logs-path": f"s3://{DATA}/event-logs/"}
        run_id = aws.start(name, Arguments=events)
        wait_until(lambda: aws.output({"Id": run_id}) == "up", 60, "the job runs")
        aws.settle()
        localstack.crash()
        localstack.start()
        assert aws.run(name, run_id)["JobRunState"] == "RUNNING"
        aws.put("go-on", b"")
        run = aws.ended(name, run_id, 60)
        assert run["JobRunState"] == "SUCCEEDED", aws.why(run)
        assert aws.output(run) == "up\n11"
        (events_key,) = aws.keys("event-logs/")
        assert b"SparkListenerApplicationEnd" in aws.s3.get_object(Bucket=DATA, Key=events_key)["Body"].read()
        assert processes(run_id) == set()
        localstack.stop()
