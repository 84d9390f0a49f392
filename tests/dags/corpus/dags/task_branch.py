# expect: MW108
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task

with DAG("task_branch", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task.branch
    def choose():
        return True

    choose()
