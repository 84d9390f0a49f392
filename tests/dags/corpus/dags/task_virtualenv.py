# expect: MW213
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task

with DAG("task_virtualenv", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task.virtualenv(requirements=["colorama==0.4.0"], system_site_packages=False, use_dill=False)
    def run():
        return 1

    run()
