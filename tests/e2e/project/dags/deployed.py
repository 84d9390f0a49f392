"""A DAG for a deploy script to trigger: it ends well, and says what the script gave it."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("deployed", schedule_interval=None, start_date=datetime(2023, 4, 1), default_args={"owner": "t"}) as dag:
    BashOperator(task_id="say", bash_command="echo '{{ dag_run.conf[\"from\"] }}'")
