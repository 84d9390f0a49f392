# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator


def make(name):
    with DAG(name, schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
        BashOperator(task_id="run", bash_command="date")
    return dag


for number in range(2):
    globals()["dag_{}".format(number)] = make("ok_generated_dags_{}".format(number))
