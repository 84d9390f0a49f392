"""A Glue job that the operator creates, as it comes: Spark, of the version that a job has which names none."""

from datetime import datetime

from airflow import DAG

from common.glue import create_glue_job_task_group

with DAG(
    dag_id="created_by_operator",
    schedule_interval=None,
    start_date=datetime(2023, 4, 1),
    catchup=False,
    default_args={"owner": "tests", "retries": 0},
) as dag:
    create_glue_job_task_group(
        job_name="created_by_operator",
        script_args={"--target": "s3://created-by-operator/{{ run_id }}"},
        script_location="s3://created-by-operator/squares.py",
        s3_bucket="created-by-operator",
        iam_role_name="created-by-operator",
        retry_limit=0,
    )
