# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

with DAG("ok_file_by_s3", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task
    def write():
        with open("/tmp/written.csv", "w") as file:
            file.write("1")
        S3Hook().load_file("/tmp/written.csv", key="rows.csv", bucket_name="b", replace=True)

    @task
    def read():
        S3Hook().get_key("rows.csv", "b").download_file("/tmp/fetched.csv")
        with open("/tmp/fetched.csv") as file:
            return file.read()

    write() >> read()
