# expect: MW106
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('positional', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator("run", bash_command="date")
