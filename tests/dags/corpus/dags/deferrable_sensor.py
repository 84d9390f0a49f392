# expect: MW104
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.sensors.s3_key import S3KeySensor
with DAG('deferrable_sensor', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    S3KeySensor(task_id="wait", bucket_name="b", bucket_key="k", deferrable=True)
