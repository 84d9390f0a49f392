# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

LIMIT = 5
ARGUMENTS = {"--limit": str(LIMIT), "--text": f"{LIMIT}", "--job-bookmark-option": "job-bookmark-enable"}
BUCKET = "scripts-{}".format("prod")
with DAG("ok_glue_arguments_made", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    run = AwsGlueJobOperator(
        task_id="run", job_name="j", script_args=dict(ARGUMENTS), s3_bucket=BUCKET, retry_limit=0, iam_role_name="glue-role"
    )
    AwsGlueJobSensor(task_id="look", job_name="j", run_id=run.output)
