# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.athena import AWSAthenaOperator
from airflow.providers.amazon.aws.operators.glue_crawler import AwsGlueCrawlerOperator
from airflow.providers.amazon.aws.sensors.s3_key import S3KeySensor

with DAG("ok_s3_sensors", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    wait = S3KeySensor(task_id="wait", bucket_name="b", bucket_key="x/{{ ds }}", mode="reschedule", poke_interval=60)
    crawl = AwsGlueCrawlerOperator(task_id="crawl", config={"Name": "c"}, poll_interval=10)
    ask = AWSAthenaOperator(task_id="ask", query="select 1", database="d", output_location="s3://b/o/")
    wait >> crawl >> ask
    ask.doc_md = "asks"
    ask.my_note = ask.doc_md
