# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime

from airflow.decorators import dag, task, task_group


@dag(schedule_interval="@daily", start_date=datetime(2022, 1, 1), catchup=False, tags=["example"])
def ok_taskflow():
    @task(multiple_outputs=True, retries=1)
    def extract() -> dict:
        return {"rows": 3}

    @task.python
    def load(rows):
        return rows

    @task_group(group_id="both")
    def both(rows):
        load(rows)

    both(extract()["rows"])


made = ok_taskflow()
