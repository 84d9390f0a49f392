# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

ARGUMENTS = {"task_id": "run", "bash_command": "date"}
with DAG("ok_arguments_in_a_dict", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(**ARGUMENTS)
