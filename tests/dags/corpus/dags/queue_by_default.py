# expect: MW201
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('queue_by_default', schedule_interval=None, start_date=datetime(2022, 1, 1), default_args={"queue": "big", "owner": "data"}) as dag:
    BashOperator(task_id="run", bash_command="date")
