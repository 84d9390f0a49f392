# expect: MW112
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.trigger_rule import TriggerRule
with DAG('trigger_rule_member', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    BashOperator(task_id="run", bash_command="date", trigger_rule=TriggerRule.ONE_DONE)
