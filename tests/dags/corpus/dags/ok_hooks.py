# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import boto3
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

client = boto3.client("s3", region_name="us-east-1")


def copy():
    hook = S3Hook(aws_conn_id="aws_default", verify=False)
    hook.load_string("text", key="k", bucket_name="b", replace=True)
    return hook.list_keys(bucket_name="b", prefix="p/"), client.list_buckets()


with DAG("ok_hooks", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="copy", python_callable=copy)
