# expect: ok
# in Airflow 2.2.2: loads
from __future__ import annotations

from typing import TYPE_CHECKING

from airflow import DAG
from airflow.utils.dates import days_ago

if TYPE_CHECKING:
    from airflow.utils.context import Context
    from some_stubs import Thing


def callback(context: Context, rows: list[str] | None = None) -> dict[str, Thing]:
    return {}


dag = DAG("ok_type_checking", schedule_interval=None, start_date=days_ago(1), on_failure_callback=callback)
