# expect: MW002
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
name = "format_equals"
dag = DAG("format_equals", schedule_interval=None, start_date=datetime(2022, 1, 1), description=f"{name=}")
