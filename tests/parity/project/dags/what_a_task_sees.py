"""A task that hands over the environment it runs in, for the comparison of the two modes."""

import os
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("what_a_task_sees", start_date=datetime(2022, 1, 1), schedule_interval=None) as dag:
    PythonOperator(task_id="environment", python_callable=lambda: dict(os.environ))
