# expect: MW303
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
with DAG('run_capacity_clash', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    run = AwsGlueJobOperator(
        task_id="run", job_name="j", run_job_kwargs={"WorkerType": "G.1X", "NumberOfWorkers": 2, "MaxCapacity": 2.0}
    )
    AwsGlueJobSensor(task_id="look", job_name="j", run_id=run.output)
