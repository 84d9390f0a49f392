# expect: MW001
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
dag = DAG("syntax_error", schedule_interval=None, start_date=datetime(2022, 1, 1)
