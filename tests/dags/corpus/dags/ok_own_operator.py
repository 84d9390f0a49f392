# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.models import BaseOperator


class Greeting(BaseOperator):
    def __init__(self, name, verbose=False, **kwargs):
        super().__init__(**kwargs)
        self.name, self.verbose = name, verbose

    def expand(self):
        return self.name

    def execute(self, context):
        return self.name


with DAG("ok_own_operator", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    Greeting(task_id="greet", name="you", verbose=True).expand()
