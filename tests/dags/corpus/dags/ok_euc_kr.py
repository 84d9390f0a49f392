# expect: ok (coding: euc-kr)
# in Airflow 2.2.2: loads
from datetime import datetime

from airflow import DAG

dag = DAG('ok_euc_kr', schedule_interval=None, start_date=datetime(2022, 1, 1), description='안녕')
