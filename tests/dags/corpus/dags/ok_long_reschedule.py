# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.sensors.filesystem import FileSensor
with DAG('ok_long_reschedule', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    FileSensor(task_id="wait", filepath="x", timeout=60 * 60 * 24 * 7, mode="reschedule")
