"""What a task sees of the environment's configuration options, and of Secrets Manager."""

import os
from datetime import datetime

from airflow import DAG
from airflow.configuration import conf
from airflow.models import Variable
from airflow.operators.python import PythonOperator


def look():
    return {
        "variable": os.environ.get("AIRFLOW__FOO__USER"),
        "option": conf.get("foo", "user", fallback=None),
        "secret": Variable.get("sees_options", default_var=None),
    }


with DAG(
    "sees_options", schedule_interval=None, start_date=datetime(2023, 4, 1), default_args={"owner": "tests"}
) as dag:
    PythonOperator(task_id="look", python_callable=look)
