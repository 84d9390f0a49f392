"""A DAG as people write them: boto3 without any endpoint, in Python and in a subprocess."""

from datetime import datetime

import boto3
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

WRITE = "boto3.client('s3').put_object(Bucket='impressions-processed', Key='plain/{}', Body=b'here')"


def write():
    boto3.client("s3").put_object(Bucket="impressions-processed", Key="plain/python", Body=b"here")
    return boto3.client("sts", region_name="ap-northeast-2").get_caller_identity()["Account"]


def reach_the_metadata_service():
    from urllib.request import urlopen

    urlopen("http://169.254.169.254/latest/meta-data/", timeout=5)


with DAG(
    dag_id="plain_boto3", schedule_interval=None, start_date=datetime(2023, 4, 1), default_args={"owner": "t"}
) as dag:
    PythonOperator(task_id="python", python_callable=write)
    BashOperator(task_id="bash", bash_command='python -c "import boto3; {}"'.format(WRITE.format("bash")))
    PythonOperator(task_id="refused", python_callable=reach_the_metadata_service)
