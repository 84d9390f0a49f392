# expect: MW104
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
with DAG("schedule_argument", schedule="@daily", start_date=datetime(2022, 1, 1)) as dag:
    pass
