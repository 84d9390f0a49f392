# expect: MW002
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
MODE = "daily"
match MODE:
    case "daily":
        dag = DAG("match_statement", schedule_interval="@daily", start_date=datetime(2022, 1, 1))
