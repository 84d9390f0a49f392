# expect: MW104
# in Airflow 2.2.2: import error
from datetime import datetime

from airflow.decorators import dag


@dag(schedule="@daily", start_date=datetime(2022, 1, 1))
def dag_decorator_schedule():
    pass


made = dag_decorator_schedule()
