# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

dag = DAG("ok_dag_used_later", schedule_interval=None, start_date=datetime(2022, 1, 1))
with dag:
    BashOperator(task_id="run", bash_command="date")
