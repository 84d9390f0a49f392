# expect: MW107
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
dag = DAG("dag_test", schedule_interval=None, start_date=datetime(2022, 1, 1))

if __name__ == "__main__":
    dag.test()
