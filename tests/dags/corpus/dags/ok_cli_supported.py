# expect: ok
# in Airflow 2.2.2: loads
from datetime import datetime, timedelta

from airflow import DAG
import boto3
import requests
from airflow.operators.python import PythonOperator


def trigger(name):
    token = boto3.client("mwaa").create_cli_token(Name="prod")
    url = "https://{}/aws_mwaa/cli".format(token["WebServerHostname"])
    body = "dags trigger " + name
    return requests.post(url, headers={"Authorization": "Bearer " + token["CliToken"]}, data=body).json()


with DAG("ok_cli_supported", schedule_interval=None, start_date=datetime(2022, 1, 1)) as dag:
    PythonOperator(task_id="trigger", python_callable=trigger, op_args=["other"])
