# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
with DAG('ok_glue_sensor_only', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    AwsGlueJobSensor(task_id="look", job_name="j", run_id="{{ dag_run.conf.run_id }}")
