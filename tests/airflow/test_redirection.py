"""Unmodified AWS code goes to the local endpoint: every service, every age of botocore, every way of Airflow's hooks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENVS = Path(sys.prefix).parent
INTERPRETERS = {  # environment -> its interpreter; botocore 1.21, 1.24 and the newest
    "airflow": Path(sys.executable),
    "glue-pythonshell-3.9": VENVS / "glue-pythonshell-3.9" / "bin" / "python",
    "dev": VENVS / "dev" / "bin" / "python",
}


def run(interpreter, code, folder, endpoint, *arguments, **more):
    """Runs a program with the redirection that aws_local.endpoints makes for that interpreter; returns its last line."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src" / "aws_local"),
        "AWS_DATA_PATH": str(folder),
        "AWS_CONFIG_FILE": str(folder / "aws.config"),
        "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }
    environment.update(more)
    make = [str(interpreter), "-m", "aws_local.endpoints", "--endpoint", endpoint, "--out", str(folder)]
    subprocess.run(make, env=environment, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [str(interpreter), "-c", code] + list(arguments),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


PAIRS = """
import json, sys, boto3
from concurrent.futures import ThreadPoolExecutor
session = boto3.session.Session()
pairs = [(s, r) for s in session.get_available_services() for r in ("us-east-1", "ap-northeast-2")]
away = [p for p in pairs if session.client(p[0], region_name=p[1]).meta.endpoint_url != sys.argv[1]]
print(json.dumps([len(pairs), away]))
"""


def test_all_568_clients_of_two_regions_are_local(tmp_path):
    count, away = run(
        INTERPRETERS["airflow"], PAIRS, tmp_path / "aws", "http://127.0.0.1:4566", "http://127.0.0.1:4566"
    )
    assert (count, away) == (568, [])


# One call of each protocol, of each service with a name trap (global, host prefix, regional STS, control plane). Every
# address that anything resolves or connects to is recorded below every library, at the socket.
ZERO = """
import json, socket
addresses = []
resolve, connect = socket.getaddrinfo, socket.socket.connect
def noting_resolve(host, *a, **k):
    addresses.append(host if isinstance(host, str) else host.decode()); return resolve(host, *a, **k)
def noting_connect(self, address):
    addresses.append(address[0]); return connect(self, address)
socket.getaddrinfo, socket.socket.connect = noting_resolve, noting_connect
import boto3
from botocore.config import Config
config = Config(retries={"max_attempts": 0}, parameter_validation=False)
calls = [("s3", "list_buckets", {}), ("s3", "get_object", {"Bucket": "some-bucket", "Key": "a/b"}),
    ("s3", "put_object", {"Bucket": "dots.in.name", "Key": "k", "Body": b"x"}), ("glue", "get_jobs", {}),
    ("glue", "start_job_run", {"JobName": "j"}), ("sts", "get_caller_identity", {}), ("iam", "get_role", {"RoleName": "r"}),
    ("sqs", "list_queues", {}), ("logs", "describe_log_groups", {}), ("secretsmanager", "list_secrets", {}),
    ("dynamodb", "list_tables", {}), ("ec2", "describe_regions", {}), ("lambda", "list_functions", {}),
    ("sns", "list_topics", {}), ("athena", "list_work_groups", {}), ("redshift-data", "list_statements", {}),
    ("kinesis", "list_streams", {}), ("cloudwatch", "list_metrics", {}), ("events", "list_rules", {}),
    ("route53", "list_hosted_zones", {}), ("cloudfront", "list_distributions", {}), ("ssm", "describe_parameters", {}),
    ("kms", "list_keys", {}), ("batch", "describe_job_queues", {}), ("ecs", "list_clusters", {}), ("eks", "list_clusters", {}),
    ("emr", "list_clusters", {}), ("sagemaker", "list_models", {}), ("mwaa", "create_cli_token", {"Name": "e"}),
    ("mwaa", "get_environment", {"Name": "e"}), ("s3control", "list_jobs", {"AccountId": "123456789012"}),
    ("stepfunctions", "start_sync_execution", {"stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:x"}),
    ("servicediscovery", "discover_instances", {"NamespaceName": "n", "ServiceName": "s"}),
    ("organizations", "list_accounts", {}), ("budgets", "describe_budgets", {"AccountId": "123456789012"})]
made = failed = 0
for region in ("us-east-1", "eu-west-1", "ap-northeast-2", "us-gov-west-1", "cn-north-1"):
    for service, operation, arguments in calls:
        client = boto3.client(service, region_name=region, config=config)
        try:
            getattr(client, operation)(**arguments)
        except Exception as error:  # the endpoint's answer fits not every service: where it went is the question
            failed += 1
        made += 1
print(json.dumps([made, sorted(set(addresses)), len(addresses)]))
"""


@pytest.mark.parametrize("environment", sorted(INTERPRETERS))
def test_of_many_calls_zero_leave_loopback(environment, aws_folder, recorder):
    made, addresses, _ = run(INTERPRETERS[environment], ZERO, aws_folder / environment, recorder.url)
    assert made == 175
    assert addresses == ["127.0.0.1"]
    assert len(recorder.requests) == made, "some calls never reached the local endpoint"


def test_without_the_redirection_the_same_recorder_sees_real_addresses(tmp_path, recorder):
    """The proof that the count above can be other than zero. The guard keeps the calls from leaving."""
    code = "import aws_local.guard; aws_local.guard.install()\n" + ZERO
    nowhere = {"AWS_DATA_PATH": "", "AWS_CONFIG_FILE": "/dev/null"}
    folder = tmp_path / "aws"
    code = code.replace("noting_resolve(host, *a, **k):\n", "noting_resolve(host, *a, **k):\n    'noted first'\n")
    code = code.replace("config = Config(", "import botocore.httpsession as h\nconfig = Config(")
    sent = (
        "def note(self, request):\n"
        "    from urllib.parse import urlsplit\n"
        "    addresses.append(urlsplit(request.url).hostname)\n"
        "    return guarded(self, request)\n"
        "guarded, h.URLLib3Session.send = h.URLLib3Session.send, note\nmade = failed = 0\n"
    )
    code = code.replace("made = failed = 0\n", sent)
    made, addresses, _ = run(INTERPRETERS["airflow"], code, folder, recorder.url, **nowhere)
    assert made == 175 and "glue.us-east-1.amazonaws.com" in addresses and recorder.requests == []


def test_writing_the_folder_again_does_nothing_and_a_new_endpoint_replaces_it(tmp_path):
    from aws_local.endpoints import write

    out = tmp_path / "aws"
    assert write("http://127.0.0.1:1111", str(out)) is True
    before = (out / "endpoints.json").stat().st_mtime_ns
    assert write("http://127.0.0.1:1111", str(out)) is False
    assert (out / "endpoints.json").stat().st_mtime_ns == before
    assert write("http://127.0.0.1:2222", str(out)) is True
    text = (out / "endpoints.json").read_text()
    assert "127.0.0.1:2222" in text and "1111" not in text
    (out / "stamp.json").write_text("{damaged")
    assert write("http://127.0.0.1:2222", str(out)) is True
    assert [one.name for one in tmp_path.iterdir()] == ["aws"], "left-overs"


@pytest.mark.parametrize("endpoint", ["https://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:1/path", "http://"])
def test_an_endpoint_that_is_not_a_plain_http_address_is_refused(endpoint, tmp_path):
    from aws_local.endpoints import write

    with pytest.raises(ValueError, match="wanted http://host:port"):
        write(endpoint, str(tmp_path / "aws"))
    assert list(tmp_path.iterdir()) == []


HOOKS = """
import aws_local.guard; aws_local.guard.install()
import json, sys, urllib.parse, urllib.request
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.glue import AwsGlueJobHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.secrets.secrets_manager import SecretsManagerBackend
from aws_local.guard import AwsCallRefused
ways = {
    "s3 hook": lambda: S3Hook().get_conn().list_buckets(),
    "s3 hook, resource": lambda: list(S3Hook().get_resource_type("s3").buckets.all()),
    "s3 hook, own key check": lambda: S3Hook().check_for_key("k", "b"),
    "glue hook": lambda: AwsGlueJobHook(job_name="j").get_job_state("j", "jr_1"),
    "glue hook, iam": lambda: AwsGlueJobHook(job_name="j", iam_role_name="r", s3_bucket="b").get_iam_execution_role(),
    "no connection": lambda: AwsBaseHook(None, client_type="sqs").get_conn().list_queues(),
    "unknown connection": lambda: AwsBaseHook("nobody", client_type="sqs").get_conn().list_queues(),
    "session, client": lambda: AwsBaseHook(client_type="s3").get_session().client("glue").get_jobs(),
    "session of a region": lambda: AwsBaseHook(client_type="s3").get_session("eu-west-1").client("athena").list_work_groups(),
    "expand role": lambda: AwsBaseHook(client_type="s3").expand_role("r"),
    "assume role": lambda: AwsBaseHook("with_role", client_type="s3").get_conn().list_buckets(),
    "plain boto3": lambda: __import__("boto3").client("logs").describe_log_groups(),
    "secrets manager": lambda: SecretsManagerBackend().get_conn_uri("c"),
    "s3 access point": lambda: __import__("boto3").client("s3").get_object(
        Bucket="arn:aws:s3:us-east-1:123456789012:accesspoint/mine", Key="k"),
    "connection to real aws": lambda: AwsBaseHook("real", client_type="glue").get_conn().get_jobs(),
}
outcomes = {}
for name, way in ways.items():
    urllib.request.urlopen("{}/begin/{}".format(sys.argv[1], urllib.parse.quote(name))).read()
    try:
        way()
        outcomes[name] = "called"
    except AwsCallRefused:
        outcomes[name] = "refused"
    except Exception as error:  # the recorder's empty answer suits not every caller; where it went is the question
        outcomes[name] = repr(error) if "Could not connect" in str(error) else "called"
print(json.dumps(outcomes))
"""
REFUSED = {"s3 access point", "connection to real aws"}
WAYS = [line.split('"')[1] for line in HOOKS.splitlines() if line.startswith('    "')]


@pytest.fixture(scope="module")
def outcomes(session_recorder, aws_folder, tmp_path_factory):
    """way -> (called or refused, number of requests that reached the local endpoint)"""
    del session_recorder.requests[:]
    home, url = tmp_path_factory.mktemp("home"), session_recorder.url
    (home / "airflow.cfg").write_text("")
    more = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": "sqlite:///{}/empty.db".format(home),
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://test:test@/?host={}&region_name=us-east-1".format(url),
        "AIRFLOW_CONN_WITH_ROLE": "aws://test:test@/?role_arn=arn%3Aaws%3Aiam%3A%3A0%3Arole%2Fr&region_name=us-east-1",
        "AIRFLOW_CONN_REAL": "aws://a:b@/?host=https://glue.us-east-1.amazonaws.com&region_name=us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    said = run(INTERPRETERS["airflow"], HOOKS, aws_folder / "airflow", url, url, **more)
    arrived, way = {}, None
    for _, path, _, _ in session_recorder.requests:
        if path.startswith("/begin/"):
            way = unquote(path[len("/begin/") :])
            arrived[way] = 0
        else:
            arrived[way] += 1
    return {name: (outcome, arrived[name]) for name, outcome in said.items()}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_provider_2_4_0_is_local_or_refused(way, outcomes):
    outcome, arrived = outcomes[way]
    assert outcome == ("refused" if way in REFUSED else "called")
    assert (arrived == 0) if way in REFUSED else (arrived > 0), "{} requests arrived".format(arrived)
