# expect: MW211
# in Airflow 2.2.2: no DAG
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("dag_without_name", schedule_interval=None, start_date=datetime(2022, 1, 1)):
    BashOperator(task_id="run", bash_command="date")
