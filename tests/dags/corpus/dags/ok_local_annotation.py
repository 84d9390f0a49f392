# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
def count(rows):
    seen: "dict[str, int]" = {}
    names: list[str] = []
    for row in rows:
        names.append(row)
        seen[row] = len(names)
    return seen


dag = DAG("ok_local_annotation", schedule_interval=None, start_date=datetime(2022, 1, 1))
