# expect: MW211
# in Airflow 2.2.2: no DAG
from datetime import datetime

from airflow.decorators import dag


@dag(schedule_interval=None, start_date=datetime(2022, 1, 1))
def decorated_dag_without_name():
    pass


decorated_dag_without_name()
