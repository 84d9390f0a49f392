# expect: MW103
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.transfers.s3_to_sftp import S3ToSFTPOperator
with DAG('provider_of_provider', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    S3ToSFTPOperator(task_id="send", s3_bucket="b", s3_key="k", sftp_path="/x")
