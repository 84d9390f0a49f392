# expect: MW102
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.sensors.glue import GlueJobSensor
with DAG('glue_job_sensor', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    GlueJobSensor(task_id="look", job_name="j", run_id="jr_1")
