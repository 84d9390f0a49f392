# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import os

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "ok_reads_beside.py")) as file:
    SIZE = len(file.read())

dag = DAG("ok_reads_beside", schedule_interval=None, start_date=datetime(2022, 1, 1), params={"size": SIZE})
