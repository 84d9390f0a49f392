# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.sensors.date_time import DateTimeSensor
from airflow.sensors.time_delta import TimeDeltaSensor
with DAG('ok_time_sensors', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    TimeDeltaSensor(task_id="wait", delta=timedelta(minutes=5), mode="reschedule")
    DateTimeSensor(task_id="until", target_time="{{ ds }}", mode="reschedule")
