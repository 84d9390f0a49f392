"""What a run needs of AWS: its script from S3, places for its output in CloudWatch Logs and S3. See runner.Services."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .logs import Event, LogClient
from .runners import CannotStart


class AwsServices:
    """S3 and Logs as the account and region of a run. `client(service, account, region)` gives a boto3 client; it is
    asked each time and should keep them, as making one costs more than a request."""

    def __init__(self, client: Callable[[str, str, str], Any]) -> None:
        self._client = client

    def fetch(self, account: str, region: str, uri: str) -> bytes:
        where = urlsplit(uri)
        bucket, key = where.netloc, where.path.lstrip("/")
        if where.scheme not in ("s3", "s3a", "s3n") or not bucket or not key:
            raise CannotStart(f"LAUNCH ERROR | {uri} is not the location of a file; wanted: s3://bucket/key")
        client = self._client("s3", account, region)
        try:
            return bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except client.exceptions.ClientError as problem:
            status = problem.response["ResponseMetadata"]["HTTPStatusCode"]
            raise CannotStart(
                f"LAUNCH ERROR | Error downloading from S3 for bucket: {bucket}, key: {key}."
                f"{problem.response['Error']['Message']} (Service: Amazon S3; Status Code: {status}; "
                f"Error Code: {problem.response['Error']['Code']})"
            ) from None

    def logs(self, account: str, region: str) -> LogClient:
        return CloudWatchLogs(self._client("logs", account, region))

    def objects(self, account: str, region: str) -> S3Objects:
        return S3Objects(lambda: self._client("s3", account, region))


class S3Objects:
    """Objects by their `s3://bucket/key`."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    def put(self, uri: str, file: Path) -> None:
        where = urlsplit(uri)
        self._client().upload_file(str(file), where.netloc, where.path.lstrip("/"))

    def delete(self, uri: str) -> None:
        where = urlsplit(uri)
        self._client().delete_object(Bucket=where.netloc, Key=where.path.lstrip("/"))


class CloudWatchLogs:
    """Events of one run; group and stream are made when the first of them arrives."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._known: set[tuple[str, str]] = set()

    def put(self, group: str, stream: str, events: list[Event], when: int) -> None:
        if (group, stream) not in self._known:
            self._make(group, stream)
        sent = [{"timestamp": when, "message": event} for event in events]
        try:
            self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=sent)
        except self._client.exceptions.ResourceNotFoundException:  # deleted by somebody: made anew the next time
            self._known.discard((group, stream))
            raise

    def count(self, group: str, stream: str) -> int:
        total, token = 0, None
        while True:
            more: dict[str, Any] = {"nextToken": token} if token else {}
            try:
                page = self._client.get_log_events(
                    logGroupName=group, logStreamName=stream, startFromHead=True, limit=10_000, **more
                )
            except self._client.exceptions.ResourceNotFoundException:
                return 0
            total += len(page["events"])
            if not page["events"] or page["nextForwardToken"] == token:
                return total
            token = page["nextForwardToken"]

    def _make(self, group: str, stream: str) -> None:
        exists = self._client.exceptions.ResourceAlreadyExistsException
        try:
            self._client.create_log_stream(logGroupName=group, logStreamName=stream)
        except exists:
            pass
        except self._client.exceptions.ResourceNotFoundException:
            with contextlib.suppress(exists):  # another run may make it in this moment
                self._client.create_log_group(logGroupName=group)
            self._client.create_log_stream(logGroupName=group, logStreamName=stream)
        self._known.add((group, stream))
