# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime

from airflow.decorators import dag


@dag(schedule_interval="@daily", start_date=datetime(2022, 1, 1), default_args={"owner": "data"})
def ok_dag_decorator(name="you"):
    pass


made = ok_dag_decorator()
