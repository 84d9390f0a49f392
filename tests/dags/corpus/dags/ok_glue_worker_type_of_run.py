# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor

with DAG("ok_glue_worker_type_of_run", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    run = AwsGlueJobOperator(
        task_id="run", job_name="j", run_job_kwargs={"WorkerType": "G.1X", "NumberOfWorkers": 2, "Timeout": 60}
    )
    AwsGlueJobSensor(task_id="look", job_name="j", run_id=run.output)
