# expect: ok
# in Airflow 2.2.2: loads
from __future__ import annotations

from datetime import datetime

from airflow import DAG


class Row:
    name: str | None = None
    parts: dict[str, list[int]]

    def first(self, *names: str | int) -> tuple[str, ...]:
        return ()


dag = DAG("ok_annotations_later", schedule_interval=None, start_date=datetime(2022, 1, 1))
