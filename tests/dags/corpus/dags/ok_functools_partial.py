# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import functools

from airflow.operators.bash import BashOperator

command = functools.partial(BashOperator, retries=2)
with DAG("ok_functools_partial", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    command(task_id="run", bash_command="date")
