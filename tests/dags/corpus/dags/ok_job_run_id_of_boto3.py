# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import boto3
from airflow.decorators import task
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

with DAG("ok_job_run_id_of_boto3", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task
    def start():
        return boto3.client("glue").start_job_run(JobName="j")["JobRunId"]

    AwsGlueJobSensor(task_id="look", job_name="j", run_id=start())
