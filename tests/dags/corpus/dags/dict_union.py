# expect: MW003
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
ARGUMENTS = {"owner": "data"} | {"retries": 1}
dag = DAG("dict_union", schedule_interval=None, start_date=datetime(2022, 1, 1), default_args=ARGUMENTS)
