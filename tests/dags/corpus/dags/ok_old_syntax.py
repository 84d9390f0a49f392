# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG


async def later(rows):
    return [row async for row in rows]


def many(first, *rest, key=None, **more):
    yield (first, *rest)
    return {**more, "key": key}


NUMBER: int = 1_000_000
with open(__file__) as one, open(__file__) as two:
    NUMBER += len(one.read()) + len(two.read())
dag = DAG(dag_id="ok_old_syntax", schedule_interval=None, start_date=datetime(2022, 1, 1))
