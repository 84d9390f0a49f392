# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.sensors.python import PythonSensor
from airflow.utils.edgemodifier import Label
from airflow.utils.trigger_rule import TriggerRule
from airflow.operators.dummy import DummyOperator

with DAG("ok_branching", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    choose = BranchPythonOperator(task_id="choose", python_callable=lambda: "left")
    left, right = DummyOperator(task_id="left"), DummyOperator(task_id="right")
    end = DummyOperator(task_id="end", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    choose >> Label("left") >> left >> end
    choose >> right >> end
    ShortCircuitOperator(task_id="go_on", python_callable=lambda: True)
    PythonSensor(task_id="wait", python_callable=lambda: True, mode="reschedule", timeout=60 * 60 * 24)
