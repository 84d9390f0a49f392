# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

from shared_code import BUCKET


class Variable:
    @staticmethod
    def get(name, default=None):
        return default


with DAG("ok_own_names", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id=Variable.get("name", default="run"), bash_command="echo " + BUCKET)
