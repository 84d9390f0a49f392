# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.hooks.glue import AwsGlueJobHook


def start(ti):
    run = AwsGlueJobHook(job_name="j", aws_conn_id="aws_default").initialize_job({"--day": "x"})
    ti.xcom_push(key="run", value=run)
    return run["JobRunId"]


with DAG("ok_glue_hook", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="start", python_callable=start)
