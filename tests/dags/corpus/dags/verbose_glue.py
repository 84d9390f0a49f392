# expect: MW104
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
with DAG('verbose_glue', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    run = AwsGlueJobOperator(task_id="run", job_name="j", verbose=True)
    AwsGlueJobSensor(task_id="look", job_name="j", run_id=run.output)
