"""A deploy script as people write it for MWAA: usage deploy_to_mwaa.py ENVIRONMENT DAG_ID REQUIREMENTS [ENDPOINT].

Without ENDPOINT it would go to AWS. The test runs it as it is; nothing in it knows of a local replica.
"""

import base64
import http.client
import json
import sys
import time
import uuid

import boto3

name, dag_id, requirements = sys.argv[1:4]
endpoint = sys.argv[4] if len(sys.argv) > 4 else None

mwaa = boto3.client("mwaa", endpoint_url=endpoint)
s3 = boto3.client("s3", endpoint_url=endpoint)


def wait_until_available():
    while True:
        environment = mwaa.get_environment(Name=name)["Environment"]
        if environment["Status"] in ("AVAILABLE", "UPDATE_FAILED"):
            return environment
        time.sleep(1)


def airflow(command):
    token = mwaa.create_cli_token(Name=name)
    connection = http.client.HTTPSConnection(token["WebServerHostname"])
    headers = {"Authorization": "Bearer " + token["CliToken"], "Content-Type": "text/plain"}
    connection.request("POST", "/aws_mwaa/cli", command, headers)
    response = connection.getresponse()
    answer = json.loads(response.read().decode("utf-8"))
    if response.status != 200:
        sys.exit(f"{command}: {response.status} {base64.b64decode(answer['stderr']).decode('utf8')}")
    return base64.b64decode(answer["stdout"]).decode("utf8")


environment = wait_until_available()
bucket = environment["SourceBucketArn"].split(":")[-1]
with open(requirements, "rb") as file:
    version = s3.put_object(Bucket=bucket, Key="requirements.txt", Body=file)["VersionId"]
mwaa.update_environment(
    Name=name,
    RequirementsS3Path="requirements.txt",
    RequirementsS3ObjectVersion=version,
    AirflowConfigurationOptions={"smtp.smtp_mail_from": "deploy@example.com"},
)
environment = wait_until_available()
if environment["LastUpdate"]["Status"] != "SUCCESS":
    sys.exit(f"The update failed: {environment['LastUpdate']}")
assert environment["RequirementsS3ObjectVersion"] == version

run_id = f"deploy__{uuid.uuid4().hex}"
date = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
airflow(f"dags unpause {dag_id}")
conf = json.dumps({"from": "deploy script"})
airflow(f"dags trigger {dag_id} -r {run_id} -e {date} -c '{conf}'")
for _ in range(120):
    state = airflow(f"dags state {dag_id} {date}").strip().splitlines()[-1].split(",")[0]
    if state in ("success", "failed"):
        break
    time.sleep(1)
print(json.dumps({"state": state, "run_id": run_id, "airflow": environment["AirflowVersion"]}))
sys.exit(state != "success")
