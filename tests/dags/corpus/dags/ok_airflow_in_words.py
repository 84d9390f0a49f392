# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
"""Like `airflow db reset`, this only names commands: airflow users create."""
from airflow.operators.bash import BashOperator

NOTE = "airflow db upgrade is done by MWAA"
with DAG("ok_airflow_in_words", schedule_interval=None, start_date=datetime(2022, 1, 1), doc_md=__doc__) as dag:
    BashOperator(task_id="run", bash_command="ls $AIRFLOW_HOME; echo 'airflow'", doc_md="airflow db check")
