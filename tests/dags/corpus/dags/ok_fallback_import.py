# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
try:
    from airflow.operators.empty import EmptyOperator
except ImportError:
    from airflow.operators.dummy import DummyOperator as EmptyOperator

with DAG("ok_fallback_import", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    EmptyOperator(task_id="nothing")
