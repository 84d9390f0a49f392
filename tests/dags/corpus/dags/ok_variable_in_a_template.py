# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.models import Variable
from airflow.operators.bash import BashOperator

READ = lambda: Variable.get("name")  # noqa: E731
with DAG("ok_variable_in_a_template", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id="run", bash_command="echo {{ var.value.name }} {{ conn.db.host }} {{ data_interval_start }}")
