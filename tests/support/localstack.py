"""A real LocalStack of its own for a test: the role script `stack/bin/localstack`, on a free port, in a folder of its
own.

    with LocalStack(folder) as localstack:
        s3 = localstack.client("s3")
        localstack.kill(); localstack.start()
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import IncompleteReadError

from tests.support.polling import wait_until

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "stack/bin/localstack"
VENVS = Path(os.environ.get("MWAA_STATE") or ROOT / ".local") / "venvs"
JOBS, OLD_JOBS = "glue-pythonshell-3.9", "glue-pythonshell-3.6"  # the second is optional
REGION = "us-east-1"
START_S, STOP_S = 90, 20
# With these a boto3 of any age makes no call but to the endpoint it is given.
CLIENT_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_CONFIG_FILE": os.devnull,
}


PREPARED: list[Path] = []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_cut_answers(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Raises IncompleteReadError for an answer that ended before its Content-Length, because LocalStack was killed.

    boto3 itself does not look (`enforce_content_length=False` in botocore/httpsession.py): it makes an answer without
    members of it, as if AWS had said so."""
    body, wanted = response_dict["body"], response_dict["headers"].get("content-length")
    answers_without_body = operation_model.http.get("method") == "HEAD"
    if isinstance(body, bytes) and wanted and not answers_without_body and len(body) < int(wanted):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(wanted))


class LocalStack:
    """One instance; `home` is its LOCALSTACK_HOME, `log` what it printed. Survives start and stop in any order."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.state = folder
        self.home = folder / "localstack"
        self.log_file = folder / "localstack.log"
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment_id = str(uuid.uuid4())
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = environment

    def __enter__(self) -> LocalStack:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # processes

    @property
    def environment(self) -> dict[str, str]:
        """What the role is started with."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
        return inherited | {"MWAA_STATE": str(self.state), "MWAA_ENV_ID": self.environment_id} | self._environment

    def change(self, **environment: str) -> None:
        """Other variables for the next start."""
        self._environment |= environment

    def start(self, wait: bool = True) -> None:
        """Starts it and waits until it serves. Raises AssertionError with its log if it ends before."""
        self.prepare()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [ROLE], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        if wait:
            wait_until(self._serves, START_S, "LocalStack serves")

    def prepare(self) -> None:
        """What the role finds when it starts: settings, secrets, environments."""
        self._write_settings()
        self._write_endpoint_tables()
        self._reuse_preparation()

    def _write_endpoint_tables(self) -> None:
        """What sends the boto3 of jobs here; without it no job is started."""
        environment = os.environ | CLIENT_ENVIRONMENT | {"PYTHONPATH": str(ROOT / "src/aws_local")}
        for name in (JOBS, OLD_JOBS):
            table, python = self.state / "aws" / name, VENVS / name / "bin/python"
            if python.exists() and not table.is_dir():
                command = [python, "-m", "aws_local.endpoints", "--endpoint", self.endpoint, "--out", table]
                subprocess.run(command, env=environment, check=True, capture_output=True)

    def stop(self) -> int:
        """SIGTERM. Returns the exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def kill(self) -> None:
        """SIGKILL, of it and of whatever it started."""
        if self.process is None:
            return
        victims = [self.process.pid, *self._children()]
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_S)
        self.process = None

    def crash(self) -> None:
        """SIGKILL, of it alone."""
        assert self.process
        self.process.kill()
        self.process.wait(STOP_S)

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    @property
    def run_file(self) -> dict[str, Any]:
        note: dict[str, Any] = json.loads((self.home / "run.json").read_text(encoding="utf-8"))
        return note

    def memory_mib(self) -> float:
        assert self.process
        return float(psutil.Process(self.process.pid).memory_info().rss / 2**20)

    # clients

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client. It does not retry, so that no failure hides, and takes no part of an answer for the whole."""
        config = Config(
            retries={"max_attempts": 0}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60
        )
        client = boto3.client(
            service,
            **{
                "endpoint_url": self.endpoint,
                "region_name": REGION,
                "aws_access_key_id": "test",
                "aws_secret_access_key": "test",
                "config": config,
                **options,
            },
        )
        client.meta.events.register("before-parse", refuse_cut_answers)
        return client

    def get(self, path: str) -> Any:
        """JSON of a GET at `path`. Raises OSError."""
        with urllib.request.urlopen(self.endpoint + path, timeout=10) as answer:
            return json.load(answer)

    def _serves(self) -> bool:
        assert self.process
        if self.process.poll() is not None:
            raise AssertionError(f"LocalStack ended with {self.process.returncode}:\n{self.log[-4000:]}")
        try:
            return bool(self.get("/_localstack/run")["session_id"] == self.run_file["session_id"])
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def _children(self) -> list[int]:
        assert self.process
        try:
            return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _reuse_preparation(self) -> None:
        """What `localstack_glue.prepare` made for the first instance serves all: it takes 5 s."""
        if (self.home / "root").exists():
            return
        for prepared in PREPARED:
            for part in ("root/usr", "root/prepared.json"):
                _copy(prepared / part, self.home / part)
            return
        PREPARED.append(self.home)

    def _write_settings(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        settings = {
            "MODE": "native",
            "MWAA_ROOT": ROOT,
            "MWAA_STATE": self.state,
            "MWAA_PROJECT": ROOT,
            "AWS_PORT": self.port,
            "WEB_PORT": 8080,
            "POSTGRES_PORT": 54329,
            "EXECUTOR": "celery",
            "ENV_CLASS": "mw1.small",
            "AWS_DEFAULT_REGION": REGION,
            "ALLOW_REAL_AWS": 0,
        }
        secrets = {
            "FERNET_KEY": "unused",
            "WEBSERVER_SECRET_KEY": "unused",
            "POSTGRES_PASSWORD": "unused",
            "ADMIN_PASSWORD": "unused",
            "MWAA_ENV_ID": self.environment_id,
        }
        _write(self.state / "settings.env", settings)
        _write(self.state / "secrets.env", secrets)
        venvs = self.state / "venvs"
        if not venvs.exists():
            venvs.symlink_to(VENVS)


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def run_python(interpreter: Path, code: str, *arguments: str, timeout: float = 60) -> str:
    """Standard output of `code` in another interpreter. Raises AssertionError with its stderr if it fails."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON"))}
    done = subprocess.run(
        [interpreter, "-c", code, *arguments],
        env=environment | CLIENT_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"{interpreter} failed:\n{done.stderr}"
    print(done.stderr, file=sys.stderr)
    return done.stdout
