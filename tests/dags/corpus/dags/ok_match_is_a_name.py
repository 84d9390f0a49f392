# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import re

match = re.match("a", "abc")
case = match.group() if match else ""
type = "x"
print(case, type, sep="")
dag = DAG("ok_match_is_a_name", schedule_interval=None, start_date=datetime(2022, 1, 1))
