# expect: MW002
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
import tempfile

with (
    tempfile.TemporaryDirectory() as folder,
    DAG("parenthesised_with", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag,
):
    pass
