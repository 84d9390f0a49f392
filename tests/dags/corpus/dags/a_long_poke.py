# expect: MW202
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.sensors.filesystem import FileSensor
with DAG('a_long_poke', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    FileSensor(task_id="wait", filepath="x", timeout=60 * 60 * 24)
