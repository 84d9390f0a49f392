# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG('ok_bash_arguments', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(
        task_id="run", bash_command="date", env={"A": "b"}, skip_exit_code=99, cwd="/tmp", output_encoding="utf-8"
    )
