# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("ok_noqa", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id="run", bash_command="date", queue="local")  # noqa: MW201
    BashOperator(task_id="long", bash_command="date", execution_timeout=timedelta(days=2))  # noqa
