# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import boto3
from airflow.decorators import task

with DAG("ok_glue_boto3_arguments", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task
    def create():
        boto3.client("glue").create_job(
            Name="j",
            Role="arn:aws:iam::123456789012:role/glue",
            Command={"Name": "pythonshell", "ScriptLocation": "s3://b/j.py"},
            WorkerType="G.1X",
            NumberOfWorkers=2,
            MaxRetries=0,
        )

    create()
