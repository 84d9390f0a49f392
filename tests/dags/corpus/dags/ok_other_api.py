# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import requests
from airflow.operators.python import PythonOperator


def ask():
    return requests.get("https://shop.example.com/api/v1/orders", timeout=10).json()


with DAG("ok_other_api", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="ask", python_callable=ask)
