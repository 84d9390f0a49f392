# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator
with DAG('ok_old_paths', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    DummyOperator(task_id="first") >> BashOperator(task_id="run", bash_command="date")
    PythonOperator(task_id="call", python_callable=print, provide_context=True)
