# expect: ok
# in Airflow 2.2.2: import error without its requirements.txt
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task

with DAG("ok_task_docker_in_requirements", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task.docker(image="python:3.7")
    def run():
        return 1

    run()
