# expect: MW101 MW104
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.datasets import Dataset

RAW = Dataset("s3://bucket/raw/")
with DAG("datasets", schedule=[RAW], start_date=datetime(2022, 1, 1)) as dag:
    pass
