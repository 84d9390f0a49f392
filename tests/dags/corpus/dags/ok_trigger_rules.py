# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.dummy import DummyOperator
from airflow.utils.trigger_rule import TriggerRule
with DAG('ok_trigger_rules', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    for rule in ("all_done", "one_failed", "none_skipped"):
        DummyOperator(task_id=rule, trigger_rule=rule)
    DummyOperator(task_id="member", trigger_rule=TriggerRule.ALL_DONE)
