"""LocalStack serves what it should, where it should, and says nothing to anybody else."""

from __future__ import annotations

import http.server
import json
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.support.localstack import ROOT, VENVS, LocalStack, run_python

MIB_AFTER_FIRST_CALLS = 250
CALLS = {
    "s3": "list_buckets",
    "sts": "get_caller_identity",
    "iam": "list_roles",
    "sqs": "list_queues",
    "logs": "describe_log_groups",
    "secretsmanager": "list_secrets",
    "cloudwatch": "list_metrics",
    "glue": "get_databases",
}
LOCALSTACK_PYTHON = VENVS / "localstack/bin/python"
AIRFLOW_PYTHON = VENVS / "airflow/bin/python"


def test_it_listens_on_loopback_only(localstack: LocalStack) -> None:
    process = psutil.Process(localstack.process.pid)
    listening = {tuple(c.laddr) for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", localstack.port)}
    assert not [c for c in process.net_connections("udp")]


def test_health_is_green_and_every_service_answers_a_real_call(localstack: LocalStack) -> None:
    for service, call in CALLS.items():
        assert getattr(localstack.client(service), call)()["ResponseMetadata"]["HTTPStatusCode"] == 200
    states = localstack.get("/_localstack/health")["services"]
    assert {service: states[service] for service in CALLS} == dict.fromkeys(CALLS, "running")


def test_the_health_check_knows_its_own_process(
    localstack: LocalStack, new_localstack: Callable[..., LocalStack]
) -> None:
    green = check_health(localstack)
    assert (green.returncode, green.stderr) == (0, "")
    other = new_localstack(start=False)
    other.home.mkdir()
    not_started = check_health(localstack, LOCALSTACK_HOME=str(other.home))
    assert (not_started.returncode, "not started yet" in not_started.stderr) == (1, True)
    (other.home / "run.json").write_text(json.dumps(localstack.run_file | {"session_id": "another"}), encoding="utf-8")
    stranger = check_health(localstack, LOCALSTACK_HOME=str(other.home))
    assert (stranger.returncode, "another LocalStack" in stranger.stderr) == (1, True)


def test_the_process_is_told_apart_by_its_session(localstack: LocalStack) -> None:
    note = localstack.run_file
    assert note["pid"] == localstack.process.pid
    assert note["port"] == localstack.port
    assert note["session_id"] == localstack.get("/_localstack/info")["session_id"]


def test_queue_urls_are_on_loopback_and_usable_by_boto3_1_18(localstack: LocalStack) -> None:
    script = """
import sys, boto3
assert boto3.__version__.startswith("1.18"), boto3.__version__
sqs = boto3.client("sqs", endpoint_url=sys.argv[1])
url = sqs.create_queue(QueueName=sys.argv[2])["QueueUrl"]
assert sqs.get_queue_url(QueueName=sys.argv[2])["QueueUrl"] == url
sqs.send_message(QueueUrl=url, MessageBody="from 1.18")
(message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]
assert message["Body"] == "from 1.18"
sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
print(url)
"""
    name = f"q-{uuid.uuid4().hex}"
    url = run_python(AIRFLOW_PYTHON, script, localstack.endpoint, name).strip()
    assert url == f"{localstack.endpoint}/queue/us-east-1/000000000000/{name}"


def test_the_celery_queue_is_there_with_mwaas_visibility_timeout(localstack: LocalStack) -> None:
    sqs = localstack.client("sqs")
    url = sqs.get_queue_url(QueueName=f"airflow-celery-{localstack.environment_id}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "43200"}


def test_the_guess_whether_it_runs_in_docker_is_not_made() -> None:
    guess = """
import os
real = os.path.exists
os.path.exists = lambda path: path == "/.dockerenv" or real(path)
from localstack import config
print(config.is_in_docker)
"""
    assert [docker_guess(guess, override) for override in ({}, {"OVERRIDE_IN_DOCKER": "0"})] == ["True", "False"]
    assert "OVERRIDE_IN_DOCKER=0" in (ROOT / "stack/bin/localstack").read_text(encoding="utf-8")


def test_it_writes_below_its_own_folder_only(localstack: LocalStack) -> None:
    below = str(localstack.state.resolve())
    process = psutil.Process(localstack.process.pid)
    written = [file.path for file in process.open_files() if file.mode not in ("r", "rb")]
    assert written
    assert [path for path in written if not path.startswith(below)] == []
    environment = process.environ()
    assert environment["FILESYSTEM_ROOT"].startswith(below)
    assert environment["TEMP"].startswith(below) and not environment.get("TMPDIR")


@pytest.fixture
def recorder() -> Iterator[tuple[str, list[str]]]:
    """An HTTP server that notes what is asked of it."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(f"{self.command} {self.path}")
            self.send_error(404)

        do_GET = do_PUT = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def test_nothing_phones_home_and_first_calls_stay_small(
    recorder: tuple[str, list[str]], new_localstack: Callable[..., LocalStack]
) -> None:
    url, seen = recorder
    own = new_localstack(API_ENDPOINT=url, DISABLE_EVENTS="1")
    with pytest.raises(ClientError) as refused:
        own.client("iam").generate_service_last_accessed_details(Arn="arn:aws:iam::000000000000:role/nobody")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    for service, call in CALLS.items():
        getattr(own.client(service), call)()
    assert own.memory_mib() < MIB_AFTER_FIRST_CALLS
    own.stop()
    assert seen == []


def test_two_instances_do_not_touch_each_other(
    localstack: LocalStack, new_localstack: Callable[..., LocalStack]
) -> None:
    other = new_localstack()
    ours, theirs = localstack.client("s3"), other.client("s3")
    name = f"both-{uuid.uuid4().hex}"
    for s3, body in ((ours, b"ours"), (theirs, b"theirs")):
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="k", Body=body)
    theirs.delete_object(Bucket=name, Key="k")
    theirs.delete_bucket(Bucket=name)
    other.stop()
    assert ours.get_object(Bucket=name, Key="k")["Body"].read() == b"ours"
    assert localstack.run_file["pid"] == localstack.process.pid


def test_a_message_for_a_client_that_is_gone_is_handed_to_the_next(localstack: LocalStack) -> None:
    sqs = localstack.client("sqs")
    for way in (by_json, by_queue_url):
        url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex}", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
        with socket.create_connection(("127.0.0.1", localstack.port)) as leaver:
            leaver.sendall(way(url, localstack.port))
            wait_for_poll(localstack, url)
        sqs.send_message(QueueUrl=url, MessageBody="for whoever lives")
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])
        assert [message["Body"] for message in found] == ["for whoever lives"], way.__name__


def test_a_message_keeps_to_the_visibility_timeout_of_the_moment_it_is_received_in(localstack: LocalStack) -> None:
    sqs = localstack.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex}", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=15)
        wait_for_poll(localstack, url)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
        sqs.send_message(QueueUrl=url, MessageBody="twice")
        assert [message["Body"] for message in polling.result()["Messages"]] == ["twice"]
    again = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])
    assert [message["Body"] for message in again] == ["twice"]


def by_json(url: str, port: int) -> bytes:
    body = f'{{"QueueUrl": "{url}", "WaitTimeSeconds": 15}}'.encode()
    return request("/", port, body, "application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS.ReceiveMessage\r\n")


def by_queue_url(url: str, port: int) -> bytes:
    body = b"Action=ReceiveMessage&Version=2012-11-05&WaitTimeSeconds=15"
    return request(url.split(str(port), 1)[1], port, body, "application/x-www-form-urlencoded; charset=utf-8")


def request(path: str, port: int, body: bytes, kind: str, more: str = "") -> bytes:
    credential = "Credential=test/20220101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n{more}"
        f"Authorization: AWS4-HMAC-SHA256 {credential}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def wait_for_poll(localstack: LocalStack, url: str) -> None:
    """Until the poll sent before is surely waiting: calls made after it have been answered."""
    sqs = localstack.client("sqs")
    for _ in range(20):
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])


def check_health(localstack: LocalStack, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {"LOCALSTACK_HOME": str(localstack.home), "AWS_ENDPOINT": localstack.endpoint} | changed
    command = [str(LOCALSTACK_PYTHON), "-m", "localstack_glue.health"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def docker_guess(code: str, override: dict[str, str]) -> str:
    command = [str(LOCALSTACK_PYTHON), "-c", code]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"} | override, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()
