# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators import glue_crawler
with DAG('ok_glue_crawler', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    glue_crawler.AwsGlueCrawlerOperator(task_id="crawl", config={"Name": "c"})
