# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
class Queue:
    def defer(self, trigger):
        return trigger

    def go(self):
        return self.defer("x")


dag = DAG("ok_defer_of_another", schedule_interval=None, start_date=datetime(2022, 1, 1))
