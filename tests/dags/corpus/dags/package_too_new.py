# expect: MW110
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from pendulum import Interval
with DAG('package_too_new', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    pass
