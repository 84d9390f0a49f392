# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
with DAG('ok_schedule_interval', schedule_interval=None, start_date=datetime(2022, 1, 1), catchup=False, max_active_runs=1, dagrun_timeout=timedelta(days=2)) as dag:
    pass
