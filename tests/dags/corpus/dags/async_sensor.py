# expect: MW210
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.sensors.time_delta import TimeDeltaSensorAsync
with DAG('async_sensor', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    TimeDeltaSensorAsync(task_id="wait", delta=timedelta(minutes=5))
