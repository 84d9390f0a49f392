# expect: ok
# in Airflow 2.2.2: import error without its requirements.txt
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator

with DAG("ok_docker_in_requirements", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    DockerOperator(task_id="run", image="busybox", mount_tmp_dir=False)
