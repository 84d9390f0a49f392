# expect: MW102
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
with DAG('glue_job_operator', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    GlueJobOperator(task_id="run", job_name="j")
