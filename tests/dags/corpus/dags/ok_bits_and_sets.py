# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import re

FLAGS = re.I | re.M
NAMES = {"a"} | {"b"}
ROWS = dict(a=[1])
FIRST = ROWS["a"][0] | 2
dag = DAG("ok_bits_and_sets", schedule_interval=None, start_date=datetime(2022, 1, 1))
