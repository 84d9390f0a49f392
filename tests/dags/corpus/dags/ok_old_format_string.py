# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
name = "ok_old_format_string"
dag = DAG(
    "ok_old_format_string",
    schedule_interval=None,
    start_date=datetime(2022, 1, 1),
    description=f"name={name} {name!r:>10} x={len(name)}, {name == name}",
)
