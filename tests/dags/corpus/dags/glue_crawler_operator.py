# expect: MW102
# in Airflow 2.2.2: import error
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators import glue_crawler
with DAG('glue_crawler_operator', schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    glue_crawler.GlueCrawlerOperator(task_id="crawl", config={"Name": "c"})
