# expect: MW003
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
def first(row: str | None = None):
    return row


dag = DAG("union_types", schedule_interval=None, start_date=datetime(2022, 1, 1))
