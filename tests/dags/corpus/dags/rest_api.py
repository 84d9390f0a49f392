# expect: MW205
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import requests
from airflow.operators.python import PythonOperator


def trigger():
    requests.post("https://airflow.example.com/api/v1/dags/other/dagRuns", json={})


with DAG("rest_api", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="trigger", python_callable=trigger)
