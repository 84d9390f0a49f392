"""DAGs for the drills: the same Glue job awaited in the operator and in a sensor, a task that sleeps, another queue."""

import time
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator
from airflow.providers.amazon.aws.sensors.glue import AwsGlueJobSensor


def a_dag(dag_id):
    return DAG(
        dag_id=dag_id,
        schedule_interval=None,
        start_date=datetime(2023, 4, 1),
        catchup=False,
        default_args={"owner": "tests", "retries": 0},
    )


with a_dag("drill_waits_in_operator") as waits_in_operator:
    AwsGlueJobOperator(task_id="run", job_name="drill")

with a_dag("drill_waits_in_sensor") as waits_in_sensor:
    started = AwsGlueJobOperator(task_id="run", job_name="drill", wait_for_completion=False)
    AwsGlueJobSensor(
        task_id="wait",
        job_name="drill",
        run_id=started.output,
        mode="reschedule",
        poke_interval=30,  # no look comes while the worker ends: it could take the message along
        retries=3,
        retry_delay=timedelta(seconds=1),
    )

with a_dag("drill_sleeps") as sleeps:
    PythonOperator(task_id="sleep", python_callable=lambda: time.sleep(300))

with a_dag("drill_other_queue") as other_queue:
    PythonOperator(task_id="nowhere", python_callable=lambda: None, queue="other")
