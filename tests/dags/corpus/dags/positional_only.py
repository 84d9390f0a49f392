# expect: MW002
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
def make(name, /):
    return DAG(name, schedule_interval=None, start_date=datetime(2022, 1, 1))


dag = make("positional_only")
