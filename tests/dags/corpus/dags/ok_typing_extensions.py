# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from functools import lru_cache

import importlib_metadata
import pendulum
from cached_property import cached_property
from typing_extensions import Literal

dag = DAG("ok_typing_extensions", schedule_interval=None, start_date=pendulum.datetime(2022, 1, 1, tz="Asia/Seoul"))
