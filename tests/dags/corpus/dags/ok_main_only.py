# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.models import Variable

dag = DAG("ok_main_only", schedule_interval=None, start_date=datetime(2022, 1, 1))

if __name__ == "__main__":
    print(Variable.get("name"))
    dag.cli()
