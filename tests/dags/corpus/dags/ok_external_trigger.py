# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor

with DAG("ok_external_trigger", schedule_interval="@hourly", start_date=datetime(2022, 1, 1)) as dag:
    TriggerDagRunOperator(task_id="go", trigger_dag_id="other", conf={"day": "{{ ds }}"}, wait_for_completion=True)
    ExternalTaskSensor(task_id="wait", external_dag_id="other", execution_delta=timedelta(hours=1), mode="reschedule")
    ExternalTaskMarker(task_id="mark", external_dag_id="other", external_task_id="end")
