# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.ftp.hooks.ftp import FTPHook
from airflow.providers.http.operators.http import SimpleHttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.providers.imap.hooks.imap import ImapHook
from airflow.providers.sqlite.operators.sqlite import SqliteOperator
with DAG('ok_providers_of_mwaa', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    HttpSensor(task_id="wait", http_conn_id="h", endpoint="x", mode="reschedule")
    SimpleHttpOperator(task_id="ask", http_conn_id="h", endpoint="api/v1/orders", method="GET", log_response=True)
    SqliteOperator(task_id="lite", sql="select 1")
