# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator


def run():
    try:
        from airflow.providers.ssh.hooks.ssh import SSHHook
    except ImportError:
        return None
    return SSHHook(ssh_conn_id="there")


with DAG("ok_provider_in_a_function", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="run", python_callable=run)
