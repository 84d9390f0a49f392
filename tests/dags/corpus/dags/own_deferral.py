# expect: MW210
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.models import BaseOperator
from airflow.triggers.temporal import TimeDeltaTrigger


class Later(BaseOperator):
    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(minutes=5)), method_name="done")

    def done(self, context, event=None):
        return None


with DAG("own_deferral", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    Later(task_id="later")
