# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("ok_rebound_name", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    step = BashOperator(task_id="first", bash_command="date")
    step = [step]
    step.append(BashOperator(task_id="second", bash_command="date"))
