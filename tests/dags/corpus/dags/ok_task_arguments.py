# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task

with DAG("ok_task_arguments", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:

    @task(task_id="named", retries=3, pool="default_pool", execution_timeout=timedelta(minutes=5), do_xcom_push=True)
    def run(number: int):
        return number

    first = run(1)
    first.operator.doc_md = "the first"
    first.set_downstream(run(2))
