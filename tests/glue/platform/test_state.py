"""State survives: a stop and start wholly, a SIGKILL but for the last seconds, damage on disk as far as it goes."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.localstack import LocalStack
from tests.support.polling import wait_until

LOST_AT_MOST_S = 4
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
THREE_MB = bytes(range(256)) * 12_000
PART = b"0123456789abcdef" * (5 * 2**16)  # 5 MiB, the smallest part S3 takes


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalStack, dict[str, Any]]]:
    """One instance with state of every service, stopped and started again, and the ids of what was made."""
    with LocalStack(tmp_path_factory.mktemp("state")) as own:
        made = {"s3": fill_s3(own.client("s3")), "sqs": fill_sqs(own.client("sqs"))}
        fill_others(own)
        own.restart()
        yield own, made


def fill_s3(s3: Any) -> dict[str, Any]:
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="large", Body=THREE_MB)
    s3.put_object(Bucket="kept", Key="a/b?c=d", Body=b"odd key", Metadata={"run": "7"}, Tagging="colour=red")
    s3.put_object(Bucket="kept", Key="overwritten", Body=b"old")
    s3.put_object(Bucket="kept", Key="overwritten", Body=b"new")
    s3.put_object(Bucket="kept", Key="deleted", Body=b"gone")
    s3.delete_object(Bucket="kept", Key="deleted")
    s3.copy_object(Bucket="kept", Key="copied", CopySource="kept/large")
    s3.create_bucket(Bucket="versioned")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket="versioned", Key="v", Body=body)["VersionId"] for body in (b"one", b"two")]
    whole = s3.create_multipart_upload(Bucket="kept", Key="whole")["UploadId"]
    parts = [upload_part(s3, "whole", whole, 1, PART), upload_part(s3, "whole", whole, 2, b"tail")]
    s3.complete_multipart_upload(Bucket="kept", Key="whole", UploadId=whole, MultipartUpload={"Parts": parts})
    half = s3.create_multipart_upload(Bucket="kept", Key="half")["UploadId"]
    return {"versions": versions, "half": half, "half_part": upload_part(s3, "half", half, 1, PART)}


def upload_part(s3: Any, key: str, upload: str, number: int, body: bytes) -> dict[str, Any]:
    etag = s3.upload_part(Bucket="kept", Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"]
    return {"ETag": etag, "PartNumber": number}


def fill_sqs(sqs: Any) -> dict[str, Any]:
    attributes = {"VisibilityTimeout": "43200"}
    url = sqs.create_queue(QueueName="work", Attributes=attributes, tags={"team": "a"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="in flight")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.send_message(
        QueueUrl=url, MessageBody="waiting", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}}
    )
    fifo = sqs.create_queue(QueueName="line.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for body in ("first", "second"):
        sqs.send_message(QueueUrl=fifo, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
    return {"url": url, "fifo": fifo, "in flight": message["ReceiptHandle"]}


def fill_others(own: LocalStack) -> None:
    iam = own.client("iam")
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName="kept", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    logs = own.client("logs")
    logs.create_log_group(logGroupName="/kept")
    logs.create_log_stream(logGroupName="/kept", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "a line"}
    logs.put_log_events(logGroupName="/kept", logStreamName="s", logEvents=[event])
    own.client("secretsmanager").create_secret(Name="airflow/connections/kept", SecretString="s3://")
    glue = own.client("glue")
    glue.create_database(DatabaseInput={"Name": "kept"})
    columns = {"Columns": [{"Name": "c", "Type": "string"}]}
    glue.create_table(DatabaseName="kept", TableInput={"Name": "t", "StorageDescriptor": columns})


Restarted = tuple[LocalStack, dict[str, Any]]


def test_s3_survives_a_restart(restarted: Restarted) -> None:
    s3, made = restarted[0].client("s3"), restarted[1]["s3"]
    assert read(s3, "kept", "large") == THREE_MB
    assert read(s3, "kept", "copied") == THREE_MB
    assert read(s3, "kept", "overwritten") == b"new"
    assert read(s3, "kept", "whole") == PART + b"tail"
    odd = s3.get_object(Bucket="kept", Key="a/b?c=d")
    assert (odd["Body"].read(), odd["Metadata"]) == (b"odd key", {"run": "7"})
    assert s3.get_object_tagging(Bucket="kept", Key="a/b?c=d")["TagSet"] == [{"Key": "colour", "Value": "red"}]
    assert [read(s3, "versioned", "v", VersionId=version) for version in made["versions"]] == [b"one", b"two"]
    listed = [item["Key"] for item in s3.list_objects_v2(Bucket="kept")["Contents"]]
    assert listed == ["a/b?c=d", "copied", "large", "overwritten", "whole"]
    assert s3.get_object(Bucket="kept", Key="large", Range="bytes=5-9")["Body"].read() == THREE_MB[5:10]


def test_an_upload_under_way_survives_a_restart(restarted: Restarted) -> None:
    s3, made = restarted[0].client("s3"), restarted[1]["s3"]
    parts = [made["half_part"], upload_part(s3, "half", made["half"], 2, b"rest")]
    s3.complete_multipart_upload(Bucket="kept", Key="half", UploadId=made["half"], MultipartUpload={"Parts": parts})
    assert read(s3, "kept", "half") == PART + b"rest"


def test_sqs_survives_a_restart_and_what_was_received_stays_invisible(restarted: Restarted) -> None:
    sqs, made = restarted[0].client("sqs"), restarted[1]["sqs"]
    url = made["url"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert (message["Body"], message["MessageAttributes"]["n"]["StringValue"]) == ("waiting", "1")
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert counts(sqs, url) == (0, 2)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=made["in flight"])
    assert counts(sqs, url) == (0, 1)
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}
    assert sqs.receive_message(QueueUrl=made["fifo"])["Messages"][0]["Body"] == "first"


def test_iam_logs_secrets_and_the_glue_catalogue_survive_a_restart(restarted: Restarted) -> None:
    own = restarted[0]
    assert own.client("iam").list_role_policies(RoleName="kept")["PolicyNames"] == ["p"]
    events = own.client("logs").get_log_events(logGroupName="/kept", logStreamName="s")["events"]
    assert [event["message"] for event in events] == ["a line"]
    secret = own.client("secretsmanager").get_secret_value(SecretId="airflow/connections/kept")
    assert secret["SecretString"] == "s3://"
    table = own.client("glue").get_table(DatabaseName="kept", Name="t")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "c", "Type": "string"}]


def test_objects_out_of_use_leave_the_disk(restarted: Restarted) -> None:
    own = restarted[0]
    s3 = own.client("s3")
    s3.create_bucket(Bucket="churned")
    folder = own.home / "state/s3/churned"
    for number in range(5):
        s3.put_object(Bucket="churned", Key="k", Body=str(number).encode())

    def at_most_two() -> bool:
        s3.put_object_tagging(Bucket="churned", Key="k", Tagging={"TagSet": [{"Key": "t", "Value": "v"}]})
        return len(list(folder.iterdir())) <= 2

    wait_until(at_most_two, 20, "overwritten bytes are removed", interval=0.3)
    assert read(s3, "churned", "k") == b"4"
    wait_until(lambda: not [file for file in open_files(own) if "/state/s3/" in file], 5, "no object is held open")


def test_a_sigkill_loses_at_most_the_last_seconds_and_corrupts_nothing(
    new_localstack: Callable[..., LocalStack],
) -> None:
    own = new_localstack()
    own.client("s3").create_bucket(Bucket="written")
    queue = own.client("sqs").create_queue(QueueName="sent", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
    answered: list[tuple[float, str, int]] = []
    sent: list[str] = []
    for round_ in range(2):
        writers = [
            threading.Thread(target=write_until_cut, args=(own.client("s3"), round_, answered)),
            threading.Thread(target=send_until_cut, args=(own.client("sqs"), queue, round_, sent)),
        ]
        for writer in writers:
            writer.start()
        started = time.time()
        wait_until(lambda since=started: time.time() - since > LOST_AT_MOST_S + 1.5, 30, "enough was written")
        own.crash()
        killed = time.time()
        for writer in writers:
            writer.join()
        own.start()
        newest = check_objects(own.client("s3"))
        for when, key, number in answered:
            if when < killed - LOST_AT_MOST_S:
                assert newest.get(key, -1) >= number, f"{key} of {killed - when:.1f} s before the kill was lost"
        assert len([when for when, *_ in answered if when < killed - LOST_AT_MOST_S]) > 10
        # The one under way when it was killed may be there, too.
        assert counts(own.client("sqs"), queue)[0] - len(sent) in (0, 1), "an answered message was lost"
        assert len(sent) > 100
        own.client("sqs").purge_queue(QueueUrl=queue)
        sent.clear()


def test_the_queue_of_celery_is_there_and_has_the_visibility_timeout_of_this_start(
    new_localstack: Callable[..., LocalStack],
) -> None:
    own = new_localstack()

    def timeout() -> str:
        sqs = own.client("sqs")
        url = sqs.get_queue_url(QueueName=f"airflow-celery-{own.environment_id}")["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        return str(answer["Attributes"]["VisibilityTimeout"])

    assert timeout() == "43200"
    own.stop()
    own.change(SQS_VISIBILITY_TIMEOUT="60")
    own.start()
    assert timeout() == "60"


def test_a_message_received_just_before_a_sigkill_is_neither_lost_nor_handed_out_twice(
    new_localstack: Callable[..., LocalStack],
) -> None:
    own = new_localstack()
    sqs = own.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
    short = sqs.create_queue(QueueName="short", Attributes={"VisibilityTimeout": "3"})["QueueUrl"]
    for queue in (url, short):
        sqs.send_message(QueueUrl=queue, MessageBody="task")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.receive_message(QueueUrl=short)
    own.crash()
    own.start()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert counts(sqs, url) == (0, 1)
    (again,) = sqs.receive_message(QueueUrl=short, WaitTimeSeconds=10)["Messages"]
    assert again["Body"] == "task", "its deadline passed: it is due again"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    own.crash()
    own.start()
    assert counts(sqs, url) == (0, 0), "what was deleted just before a kill stays deleted"


def test_damaged_files_do_not_prevent_a_start(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    s3, sqs = own.client("s3"), own.client("sqs")
    state = own.home / "state"
    s3.create_bucket(Bucket="first")
    s3.put_object(Bucket="first", Key="k", Body=b"kept")
    sqs.create_queue(QueueName="kept")
    own.restart()
    s3.put_object(Bucket="first", Key="later", Body=b"later")
    own.client("secretsmanager").create_secret(Name="only", SecretString="generation")
    own.stop()
    cut_in_half(state / "s3.snapshot")
    cut_in_half(state / "secretsmanager.snapshot")
    for file in state.glob("sqs.db-*"):
        file.unlink()
    (state / "sqs.db").write_bytes(b"not a database" * 1000)
    own.start()
    assert read(s3, "first", "k") == b"kept"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="first")["Contents"]] == ["k"]
    assert any(url.endswith("/kept") for url in sqs.list_queues()["QueueUrls"])
    assert own.client("secretsmanager").list_secrets()["SecretList"] == []
    assert "The saved state of s3 could not be read" in own.log and "the generation before it is used" in own.log
    assert "there is none before it: starts empty" in own.log
    assert "Queues and messages of SQS could not be read" in own.log
    assert {path.name.split(".broken-")[0] for path in state.glob("*.broken-*")} == {
        "s3.snapshot", "secretsmanager.snapshot", "sqs.db",
    }  # fmt: skip
    assert [path.read_bytes() for path in state.glob("s3.objects-*/first/*")] == [b"later"]


def test_state_of_other_versions_is_set_aside_and_can_be_taken_back(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    s3 = own.client("s3")
    s3.create_bucket(Bucket="precious")
    s3.put_object(Bucket="precious", Key="k", Body=b"kept")
    own.stop()
    note = own.home / "state/versions.json"
    ours = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(json.dumps(ours | {"localstack": "4.13.0"}), encoding="utf-8")
    own.start()
    assert s3.list_buckets()["Buckets"] == []
    assert "which cannot read it. It was moved to" in own.log
    (aside,) = own.home.glob("state.*")
    assert "localstack4.13.0" in aside.name
    own.stop()
    (own.home / "state").rename(own.home / "empty")
    aside.rename(own.home / "state")
    note.write_text(json.dumps(ours), encoding="utf-8")
    own.start()
    assert read(s3, "precious", "k") == b"kept"


def read(s3: Any, bucket: str, key: str, **version: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read()
    return body


def counts(sqs: Any, url: str) -> tuple[int, int]:
    """Messages visible and in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def write_until_cut(s3: Any, round_: int, answered: list[tuple[float, str, int]]) -> None:
    """Overwrites a few keys with growing numbers; the number is in the metadata and fills the body."""
    for number in itertools.count(round_ * 1_000_000):
        key = f"k{number % 7}"
        try:
            s3.put_object(Bucket="written", Key=key, Body=f"{number:010}".encode() * 500, Metadata={"n": str(number)})
        except (BotoCoreError, ClientError):
            return
        answered.append((time.time(), key, number))


def check_objects(s3: Any) -> dict[str, int]:
    """Every listed object is whole and of one piece. Returns their numbers."""
    numbers = {}
    for item in s3.list_objects_v2(Bucket="written").get("Contents", []):
        found = s3.get_object(Bucket="written", Key=item["Key"])
        body = found["Body"].read()
        assert hashlib.md5(body).hexdigest() == item["ETag"].strip('"') == found["ETag"].strip('"')
        assert body == f"{int(found['Metadata']['n']):010}".encode() * 500
        numbers[item["Key"]] = int(found["Metadata"]["n"])
    return numbers


def send_until_cut(sqs: Any, url: str, round_: int, sent: list[str]) -> None:
    for number in itertools.count():
        body = f"{round_}-{number}"
        try:
            sqs.send_message(QueueUrl=url, MessageBody=body)
        except (BotoCoreError, ClientError):
            return
        sent.append(body)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def open_files(own: LocalStack) -> list[str]:
    return [str(path.readlink()) for path in Path(f"/proc/{own.process.pid}/fd").iterdir() if path.exists()]
