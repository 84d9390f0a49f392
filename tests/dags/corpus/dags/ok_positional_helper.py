# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator


def run(task_id, command):
    return BashOperator(task_id=task_id, bash_command=command)


with DAG("ok_positional_helper", None, None, start_date=datetime(2022, 1, 1)) as dag:
    run("first", "date") >> run("second", "id")
