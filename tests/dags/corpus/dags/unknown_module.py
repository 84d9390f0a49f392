# expect: MW109
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
import company_secrets
with DAG('unknown_module', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    pass
