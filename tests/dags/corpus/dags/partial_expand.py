# expect: MW107
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('partial_expand', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator.partial(task_id="run").expand(bash_command=["date", "id"])
