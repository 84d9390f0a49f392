# expect: MW212
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.models import Variable

NAME = Variable.get("name", default_var="nobody")
dag = DAG("variable_at_the_top", schedule_interval=None, start_date=datetime(2022, 1, 1), description=NAME)
