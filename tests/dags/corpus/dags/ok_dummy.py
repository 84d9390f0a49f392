# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.dummy import DummyOperator
with DAG('ok_dummy', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    DummyOperator(task_id="nothing")
