# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator
with DAG('ok_verbose_of_another', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="call", python_callable=print, op_kwargs={"verbose": True, "deferrable": True, "schedule": 1})
