# expect: MW303
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
with DAG('worker_type_clash', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    run = AwsGlueJobOperator(
        task_id="run",
        job_name="j",
        s3_bucket="b",
        iam_role_name="glue",
        retry_limit=0,
        create_job_kwargs={"WorkerType": "G.1X", "NumberOfWorkers": 2, "GlueVersion": "3.0"},
    )
    AwsGlueJobSensor(task_id="look", job_name="j", run_id=run.output)
