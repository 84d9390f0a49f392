# expect: MW311
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
with DAG('nobody_waits', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    AwsGlueJobOperator(task_id="run", job_name="j", wait_for_completion=False)
