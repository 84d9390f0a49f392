# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

설명 = "하루에 한 번, 노출 이벤트를 집계한다"
with DAG("ok_korean", schedule_interval=None, start_date=datetime(2022, 1, 1), description=설명) as dag:
    BashOperator(task_id="run", bash_command="echo '안녕'")
