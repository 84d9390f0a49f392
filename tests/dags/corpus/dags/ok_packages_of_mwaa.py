# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import jinja2
import numpy as np
import pandas as pd
import pendulum
import requests
import sqlalchemy.orm
import yaml
from botocore.exceptions import ClientError
from dateutil.parser import parse
with DAG('ok_packages_of_mwaa', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    pass


def rows():
    return pd.DataFrame({"a": np.zeros(3)}), parse("2022-01-01"), yaml.safe_load("a: 1"), pendulum.now()
