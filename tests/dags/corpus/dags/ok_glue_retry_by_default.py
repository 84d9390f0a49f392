# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
with DAG('ok_glue_retry_by_default', schedule_interval=None, start_date=datetime(2022, 1, 1), default_args={"retry_limit": 0}) as dag:
    run = AwsGlueJobOperator(task_id="run", job_name="j", script_location="s3://b/j.py", s3_bucket="b", iam_role_name="glue")
    AwsGlueJobSensor(task_id="look", job_name="j", run_id=run.output)
