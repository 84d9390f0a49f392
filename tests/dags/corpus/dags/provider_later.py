# expect: MW101
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
with DAG('provider_later', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    SQLExecuteQueryOperator(task_id="ask", sql="select 1")
