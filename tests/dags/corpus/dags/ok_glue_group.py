# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor
from airflow.utils.task_group import TaskGroup


def glue(name, **operator_arguments):
    with TaskGroup(group_id=name) as group:
        run = AwsGlueJobOperator(task_id="run", job_name=name, wait_for_completion=False, **operator_arguments)
        AwsGlueJobSensor(task_id="look", job_name=name, run_id=run.output, poke_interval=5)
    return group


with DAG("ok_glue_group", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    glue("first", script_args={"--day": "{{ ds }}"}) >> glue("second")
