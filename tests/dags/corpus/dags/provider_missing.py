# expect: MW103
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.ssh.operators.ssh import SSHOperator
with DAG('provider_missing', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    SSHOperator(task_id="run", ssh_conn_id="there", command="date")
