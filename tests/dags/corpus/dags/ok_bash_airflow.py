# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('ok_bash_airflow', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id="list", bash_command="airflow dags list && airflow version && echo airflow is up")
