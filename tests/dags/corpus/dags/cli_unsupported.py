# expect: MW206
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import boto3
import requests
from airflow.operators.python import PythonOperator


def ask():
    token = boto3.client("mwaa").create_cli_token(Name="prod")
    url = "https://{}/aws_mwaa/cli".format(token["WebServerHostname"])
    requests.post(url, headers={"Authorization": "Bearer " + token["CliToken"]}, data="users list")


with DAG("cli_unsupported", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="ask", python_callable=ask)
