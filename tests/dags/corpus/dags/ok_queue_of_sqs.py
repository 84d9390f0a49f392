# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import queue

from airflow.providers.amazon.aws.operators.sqs import SQSPublishOperator

WAITING = queue.Queue(maxsize=3)
with DAG("ok_queue_of_sqs", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    SQSPublishOperator(task_id="send", sqs_queue="https://sqs.us-east-1.amazonaws.com/1/q", message_content="{{ ds }}")
