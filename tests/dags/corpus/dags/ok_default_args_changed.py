# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

default_args = {"owner": "data"}
default_args.update({"bash_command": "date"})
with DAG("ok_default_args_changed", schedule_interval=None, start_date=datetime(2022, 1, 1), default_args=default_args) as dag:
    BashOperator(task_id="run")
