# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("ok_zip_of_arguments", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    tasks = {}
    for name, command in zip(("a", "b"), ("date", "id")):
        tasks[name] = BashOperator(task_id=name, bash_command=command, params={"limit": 5}, priority_weight=2, weight_rule="absolute")
    tasks["a"].set_downstream(tasks["b"])
    tasks["b"].set_upstream(tasks["a"])
