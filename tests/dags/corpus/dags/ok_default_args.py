# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

ARGUMENTS = {"owner": "data", "retries": 2, "bash_command": "date", "execution_timeout": timedelta(hours=11)}
with DAG("ok_default_args", schedule_interval=None, start_date=datetime(2022, 1, 1), default_args=ARGUMENTS) as dag:
    BashOperator(task_id="run")
