# expect: ok
# in Airflow 2.2.2: import error without its requirements.txt
from datetime import datetime, timedelta

from airflow import DAG
import requests_toolbelt
from sklearn.linear_model import LinearRegression

dag = DAG("ok_package_in_requirements", schedule_interval=None, start_date=datetime(2022, 1, 1))
