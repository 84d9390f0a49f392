# expect: MW104
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('bash_unknown_argument', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id="run", bash_command="date", shell="/bin/bash")
