# expect: MW212
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import boto3

BUCKETS = boto3.client("s3").list_buckets

TABLES = boto3.client("glue", region_name="us-east-1").get_tables
ssm = boto3.client("ssm", region_name="us-east-1")
try_it = None
if try_it:
    NAME = ssm.get_parameter(Name="name")
dag = DAG("query_at_the_top", schedule_interval=None, start_date=datetime(2022, 1, 1))
