# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator


def both():
    with open("/tmp/rows.csv", "w") as file:
        file.write("1")
    with open("/tmp/rows.csv") as file:
        return file.read()


with DAG("ok_temporary_file", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="both", python_callable=both)
