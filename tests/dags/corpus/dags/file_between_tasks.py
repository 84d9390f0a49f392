# expect: MW204
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task

with DAG("file_between_tasks", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task
    def write():
        with open("/tmp/rows.csv", "w") as file:
            file.write("1")

    @task
    def read():
        with open("/tmp/rows.csv") as file:
            return file.read()

    write() >> read()
