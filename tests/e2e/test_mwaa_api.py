"""The MWAA API on the shared stack: through boto3 and the AWS command line, as people's own tools use it."""

import base64
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
import uuid
from http.cookiejar import CookieJar
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.stack import poll

SCRIPT = Path(__file__).with_name("deploy_to_mwaa.py")


@pytest.fixture(scope="module")
def mwaa(stack):
    return stack.client("mwaa")


@pytest.fixture(scope="module")
def name(mwaa):
    (only,) = mwaa.list_environments()["Environments"]
    return only


def environment(mwaa, name):
    return mwaa.get_environment(Name=name)["Environment"]


def settled(mwaa, name):
    """The environment once no update is under way."""
    ended = ("AVAILABLE", "UPDATE_FAILED")
    return poll(lambda: environment(mwaa, name)["Status"] in ended and environment(mwaa, name), 400, every=0.5)


def error_of(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def run(stack, mwaa, name, command):
    """(status, stdout) of a command through a CLI token."""
    token = mwaa.create_cli_token(Name=name)
    headers = {"Authorization": f"Bearer {token['CliToken']}", "Content-Type": "text/plain"}
    request = urllib.request.Request(f"{stack.settings.web_url}/aws_mwaa/cli", command.encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, base64.b64decode(json.load(answer)["stdout"]).decode()


def test_get_environment_tells_what_runs(stack, mwaa, name):
    found = environment(mwaa, name)
    assert found["Status"] == "AVAILABLE" and found["Name"] == name
    assert (found["AirflowVersion"], found["EnvironmentClass"]) == ("2.2.2", stack.settings.env_class)
    assert found["WebserverUrl"] == f"127.0.0.1:{stack.settings.web_port}"
    assert found["Arn"] == f"arn:aws:airflow:us-east-1:000000000000:environment/{name}"
    bucket = found["SourceBucketArn"].rpartition(":")[2]
    assert stack.client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    groups = [one["CloudWatchLogGroupArn"].rpartition("-")[2] for one in found["LoggingConfiguration"].values()]
    assert sorted(groups) == ["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"]
    role = found["ExecutionRoleArn"].rpartition("/")[2]
    assert stack.client("iam").get_role(RoleName=role)["Role"]["Arn"] == found["ExecutionRoleArn"]


def test_the_aws_command_line(stack, name):
    done = stack.command("aws", f"mwaa get-environment --name {name} --query Environment.AirflowVersion --output text")
    assert (done.returncode, done.stdout.strip()) == (0, "2.2.2"), done.stderr
    done = stack.command("aws", f"mwaa create-cli-token --name {name}")
    assert set(json.loads(done.stdout)) == {"CliToken", "WebServerHostname"}, done.stderr


def test_what_is_wrong_is_told_with_awss_codes(mwaa, name):
    assert error_of(mwaa.get_environment, Name="another")[:2] == ("ResourceNotFoundException", 404)
    assert error_of(mwaa.create_cli_token, Name="another")[:2] == ("ResourceNotFoundException", 404)
    code, status, text = error_of(mwaa.update_environment, Name=name, WeeklyMaintenanceWindowStart="someday")
    assert (code, status) == ("ValidationException", 400) and "regular expression pattern" in text
    for wrong, told in (
        ({"AirflowVersion": "2.10.3"}, "2.2.2"),
        ({"EnvironmentClass": "mw1.huge"}, "mw1.large"),
        ({"AirflowConfigurationOptions": {"core.sql_alchemy_conn": "x"}}, "MWAA sets it itself"),
        ({"AirflowConfigurationOptions": {"celery.worker_autoscale": "5,1"}}, "equal"),
        ({"RequirementsS3Path": "there/is/none.txt"}, "none.txt"),
        ({"StartupScriptS3ObjectVersion": "x"}, "StartupScriptS3Path"),
        ({"SourceBucketArn": "arn:aws:s3:::there-is-no-such-bucket-here"}, "no-such-bucket"),
        ({"MinWorkers": 5, "MaxWorkers": 2}, "MinWorkers"),
    ):
        code, status, text = error_of(mwaa.update_environment, Name=name, **wrong)
        assert (code, status) == ("ValidationException", 400) and told in text
    assert environment(mwaa, name)["Status"] == "AVAILABLE"
    needed = {
        "ExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
        "SourceBucketArn": "arn:aws:s3:::b",
        "DagS3Path": "dags",
    }
    network = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    code, _, text = error_of(mwaa.create_environment, Name="second", NetworkConfiguration=network, **needed)
    assert code == "InternalFailure" and "one environment" in text
    assert error_of(mwaa.delete_environment, Name=name)[0] == "InternalFailure"
    assert error_of(mwaa.invoke_rest_api, Name=name, Path="/dags", Method="GET")[0] == "InternalFailure"


def test_tags_are_kept(mwaa, name):
    arn = environment(mwaa, name)["Arn"]
    mwaa.tag_resource(ResourceArn=arn, Tags={"team": "data", "stage": "local"})
    mwaa.untag_resource(ResourceArn=arn, tagKeys=["stage"])
    assert mwaa.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "data"}
    assert environment(mwaa, name)["Tags"] == {"team": "data"}
    assert error_of(mwaa.list_tags_for_resource, ResourceArn=arn + "x")[0] == "ResourceNotFoundException"


def test_an_update_without_a_restart_is_available_soon(mwaa, name):
    mwaa.update_environment(Name=name, WeeklyMaintenanceWindowStart="TUE:03:30")
    found = settled(mwaa, name)
    assert found["WeeklyMaintenanceWindowStart"] == "TUE:03:30"
    assert (found["Status"], found["LastUpdate"]["Status"]) == ("AVAILABLE", "SUCCESS")


def test_a_deploy_script_of_mwaa_runs_with_another_endpoint_and_nothing_else(stack, mwaa, name, tmp_path):
    authority = tmp_path / "ca.pem"
    with urllib.request.urlopen(f"{stack.settings.web_url}/aws_mwaa/local-ca.pem") as answer:
        authority.write_bytes(answer.read())
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# nothing more\n")
    variables = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    variables |= {"SSL_CERT_FILE": str(authority), "PATH": os.environ["PATH"]}
    endpoint = f"http://mwaa@127.0.0.1:{stack.settings.aws_port}"
    command = [sys.executable, str(SCRIPT), name, "deployed", str(requirements), endpoint]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["state"] == "success"
    assert environment(mwaa, name)["AirflowConfigurationOptions"] == {"smtp.smtp_mail_from": "deploy@example.com"}
    for role in ("scheduler", "worker", "webserver"):
        assert "AIRFLOW__SMTP__SMTP_MAIL_FROM=deploy@example.com" in stack.environment_of(role)
    stack.wait_until_healthy()


def test_an_update_that_airflow_cannot_run_with_is_rolled_back(stack, mwaa, name):
    before = environment(mwaa, name)["AirflowConfigurationOptions"]
    mwaa.update_environment(Name=name, AirflowConfigurationOptions={"core.max_active_runs_per_dag": "no number"})
    assert error_of(mwaa.update_environment, Name=name, MaxWorkers=3)[0] == "ValidationException"
    found = settled(mwaa, name)
    assert (found["Status"], found["LastUpdate"]["Status"]) == ("UPDATE_FAILED", "FAILED")
    assert found["LastUpdate"]["Error"]["ErrorCode"] == "INCORRECT_CONFIGURATION"
    assert found["AirflowConfigurationOptions"] == before
    stack.wait_until_healthy()
    assert run(stack, mwaa, name, "version") == (200, "2.2.2\n")


def web_login(stack, mwaa, name):
    """An opener with the session of a web token, and what the login said."""
    token = mwaa.create_web_login_token(Name=name)["WebToken"]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = urllib.parse.urlencode({"token": token}).encode()
    with opener.open(f"{stack.settings.web_url}/aws_mwaa/login", form) as answer:
        return opener, json.load(answer)


def test_a_web_token_of_the_account_is_an_admin(stack, mwaa, name):
    opener, said = web_login(stack, mwaa, name)
    assert (said["user"], said["roles"]) == ("root", ["Admin"])
    assert opener.open(f"{stack.settings.web_url}/home").geturl().endswith("/home")


def test_the_iam_policy_of_the_caller_names_the_role_in_airflow(stack, mwaa, name):
    iam, role = stack.client("iam"), f"analysts-{uuid.uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allowed = {
        "Effect": "Allow",
        "Action": "airflow:CreateWebLoginToken",
        "Resource": [f"arn:aws:airflow:us-east-1:000000000000:role/{name}/Viewer"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=role, PolicyName="airflow", PolicyDocument=document)
    keys = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="alice")["Credentials"]
    theirs = boto3.client(
        "mwaa",
        region_name="us-east-1",
        endpoint_url=f"http://mwaa@127.0.0.1:{stack.settings.aws_port}",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    try:
        opener, said = web_login(stack, theirs, name)
        assert (said["user"], said["roles"]) == (f"assumed-role/{role}/alice", ["Viewer"])
        variables = f"{stack.settings.web_url}/variable/list/"
        assert opener.open(variables).geturl() != variables
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="airflow")
        iam.delete_role(RoleName=role)


def test_dags_in_airflow_reach_the_api_too(stack, name):
    code = f"import boto3; print(boto3.client('mwaa').create_cli_token(Name={name!r})['WebServerHostname'])"
    done = subprocess.run(
        stack.airflow.command("python", "-c", code), capture_output=True, text=True, env=stack.airflow.environment()
    )
    assert done.stdout.strip() == f"127.0.0.1:{stack.settings.web_port}", done.stderr


def test_metrics_are_taken_and_ignored_as_aws_says(mwaa, name):
    datum = {"MetricName": "x", "Timestamp": 0, "Value": 1.0}
    answer = mwaa.publish_metrics(EnvironmentName=name, MetricData=[datum])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
