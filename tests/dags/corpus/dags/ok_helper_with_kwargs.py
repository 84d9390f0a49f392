# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator


def command(**more):
    return BashOperator(bash_command="date", **more)


with DAG("ok_helper_with_kwargs", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    command(task_id="run", retries=2)
