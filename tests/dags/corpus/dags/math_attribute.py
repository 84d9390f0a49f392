# expect: MW111
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
import math

SIZE = math.prod([2, 3])
with DAG('math_attribute', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    pass
