# expect: MW003
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
def names(rows: list[str]) -> dict[str, int]:
    return {row: len(row) for row in rows}


dag = DAG("generic_builtins", schedule_interval=None, start_date=datetime(2022, 1, 1))
