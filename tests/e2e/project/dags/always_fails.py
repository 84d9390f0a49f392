"""A DAG whose Glue job fails, and one whose job asks for a Glue version that is not there."""

from datetime import datetime

from airflow import DAG

from common.glue import create_glue_job_task_group

for job_name in ("always_fails", "spark_job"):
    with DAG(
        dag_id=job_name,
        schedule_interval=None,
        start_date=datetime(2023, 4, 1),
        catchup=False,
        default_args={"owner": "tests", "retries": 0},
    ) as dag:
        create_glue_job_task_group(job_name=job_name, script_args={}, retry_limit=1)
    globals()[job_name] = dag
