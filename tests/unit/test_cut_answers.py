"""The boto3 client of the tests takes no part of an answer for the whole: a LocalStack that is killed may send one."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import IncompleteReadError

from tests.support.localstack import LocalStack


@pytest.fixture
def listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_an_answer_that_is_cut_is_an_error(listener: socket.socket, tmp_path: Path) -> None:
    answer_once(listener, b'{"JobRuns": [{"Id"', length=500)
    with pytest.raises(IncompleteReadError, match="18 read, but total bytes expected is 500"):
        client("glue", listener, tmp_path).get_job_runs(JobName="job")


def test_a_whole_answer_is_none(listener: socket.socket, tmp_path: Path) -> None:
    answer_once(listener, b'{"JobRuns": []}', length=15)
    assert client("glue", listener, tmp_path).get_job_runs(JobName="job")["JobRuns"] == []


def test_nor_is_one_that_has_no_body(listener: socket.socket, tmp_path: Path) -> None:
    answer_once(listener, b"", length=500)
    assert client("s3", listener, tmp_path).head_object(Bucket="bucket", Key="key")["ContentLength"] == 500


def client(service: str, listener: socket.socket, folder: Path) -> Any:
    localstack = LocalStack(folder)
    return localstack.client(service, endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}")


def answer_once(listener: socket.socket, body: bytes, length: int) -> None:
    """As much as `body` of an answer that promises `length` bytes."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + body)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):  # closed with something unread, the answer would be lost, not cut
                pass

    threading.Thread(target=serve, daemon=True).start()
