# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.postgres.operators.postgres import PostgresOperator
with DAG('ok_postgres', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PostgresOperator(task_id="ask", sql="select 1", postgres_conn_id="db", autocommit=True)


    def rows():
        return PostgresHook(postgres_conn_id="db").get_records("select 1")
