# expect: MW101
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.sdk import task
with DAG('sdk', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    pass
