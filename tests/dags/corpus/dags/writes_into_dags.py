# expect: MW203
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import os

from airflow.operators.python import PythonOperator

HERE = os.path.dirname(os.path.abspath(__file__))


def keep():
    with open(os.path.join(HERE, "state.json"), "w") as file:
        file.write("{}")


with DAG("writes_into_dags", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="keep", python_callable=keep)
