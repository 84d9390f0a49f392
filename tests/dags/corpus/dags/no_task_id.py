# expect: MW105
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('no_task_id', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(bash_command="date")
