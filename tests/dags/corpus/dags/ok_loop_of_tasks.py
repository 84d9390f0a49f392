# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup

with DAG("ok_loop_of_tasks", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    for day in range(3):
        with TaskGroup(group_id="day_{}".format(day)):
            before = BashOperator(task_id="before", bash_command="date")
            after = BashOperator(task_id="after", bash_command="date", trigger_rule="none_failed_min_one_success")
            before >> after
