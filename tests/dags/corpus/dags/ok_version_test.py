# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import airflow

if airflow.__version__ >= "2.4":
    from airflow.datasets import Dataset

    PLAN = {"schedule": [Dataset("s3://b/x")]}
else:
    PLAN = {"schedule_interval": "@daily"}

dag = DAG("ok_version_test", start_date=datetime(2022, 1, 1), **PLAN)
