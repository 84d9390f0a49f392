# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import os


class Range:
    def expand(self, number):
        return self

    partial = override = expand


WIDE = Range().expand(3).partial(1).override(2)
HOME = os.path.expanduser("~")
dag = DAG("ok_expand_of_a_path", schedule_interval=None, start_date=datetime(2022, 1, 1))
