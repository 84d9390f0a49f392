# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum.tz.timezone import Timezone

dag = DAG(
    "ok_timetable",
    timetable=CronDataIntervalTimetable("0 1 * * *", timezone=Timezone("UTC")),
    start_date=datetime(2022, 1, 1),
    max_active_tasks=4,
    render_template_as_native_obj=True,
)
