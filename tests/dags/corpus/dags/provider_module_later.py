# expect: MW101
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.s3 import S3CreateBucketOperator
with DAG('provider_module_later', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    S3CreateBucketOperator(task_id="make", bucket_name="b")
