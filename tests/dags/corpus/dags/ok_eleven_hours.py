# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('ok_eleven_hours', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id="run", bash_command="date", execution_timeout=timedelta(hours=11, minutes=30))
    BashOperator(task_id="half", bash_command="date", execution_timeout=timedelta(0.5))
