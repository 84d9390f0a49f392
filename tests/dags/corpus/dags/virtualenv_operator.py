# expect: MW213
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonVirtualenvOperator


def run():
    return 1

with DAG('virtualenv_operator', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonVirtualenvOperator(task_id="run", python_callable=run, requirements=["pandas"])
