"""The local AWS account for tests: that of the running stack, or LocalStack started for them and stopped after them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from mwaa_airflow.dagtest.project import CHECKOUT

SCRIPT = ". '{}/stack/bin/environment' && env -0"
PATIENCE = 30.0  # seconds for an answer of an address that takes connections
LOCAL = ("AWS_", "AIRFLOW_CONN_AWS_DEFAULT", "NO_PROXY", "no_proxy")


class NoStack(RuntimeError):
    """There is no local AWS account, and none could be started."""


class LocalAws:
    """Buckets, Glue and the rest, at one endpoint. In its environment each AWS client of this process goes there."""

    def __init__(self, environment: Dict[str, str], process: Optional["subprocess.Popen[str]"] = None) -> None:
        self.environment, self._process = environment, process
        self.endpoint = environment["AWS_ENDPOINT_URL"]
        self.region = environment["AWS_DEFAULT_REGION"]
        self.started_here = process is not None

    def client(self, service: str, prepare: Callable[[Any], None] = lambda session: None) -> Any:
        """A boto3 client of the account; `prepare` gets its session before."""
        from boto3.session import Session

        session = Session()
        prepare(session)
        return session.client(
            service, endpoint_url=self.endpoint, region_name=self.region,
            aws_access_key_id="test", aws_secret_access_key="test",  # noqa: S106
        )  # fmt: skip

    def stop(self) -> None:
        """Stops what was started here; Glue runs that go on end with it."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()


def find_or_start(state: Optional[str] = None) -> LocalAws:
    """The account of the stack that runs, else of a LocalStack of its own. Raises NoStack with what to do."""
    folder = Path(state or os.environ.get("MWAA_STATE") or CHECKOUT / ".local")
    environment = _environment(folder)
    if environment is not None and _answers(environment["AWS_ENDPOINT_URL"]):
        return LocalAws(environment)
    own = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AIRFLOW_", "PYTHON"))}
    process = subprocess.Popen(
        [str(folder / "venvs" / "cli" / "bin" / "python"), "-m", "mwaa_local.aws_alone"],
        env=dict(own, MWAA_STATE=str(folder), PYTHONPATH=str(CHECKOUT / "src" / "mwaa_local")),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True,
        stderr=sys.__stderr__,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = _environment(Path(json.loads(line)["state"])) if line.startswith("{") else None
    if found is None:
        process.wait()
        raise NoStack("No stack runs, and LocalStack alone could not be started. Next: make up")
    return LocalAws(found, process)


def _environment(folder: Path) -> Optional[Dict[str, str]]:
    """What stack/bin/environment gives a task of AWS; None where no stack was ever set up."""
    if not (folder / "settings.env").is_file():
        return None
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        ["bash", "-ec", SCRIPT.format(CHECKOUT)], env=dict(kept, MWAA_STATE=str(folder)), stdout=subprocess.PIPE
    )
    if done.returncode:
        return None
    pairs = [item.split("=", 1) for item in done.stdout.decode().split("\0") if "=" in item]
    found = dict(pairs)
    kept = {name: value for name, value in found.items() if name.startswith(LOCAL)}
    if found.get("MODE") == "docker":
        # those are the names that containers have for each other; here is the published port
        inside, here = found["AWS_ENDPOINT"], "http://127.0.0.1:{}".format(found["AWS_PORT"])
        kept = {name: value.replace(inside, here) for name, value in kept.items()}
    return kept


def _answers(endpoint: str) -> bool:
    """Whether somebody serves there. A machine that has much to do may take its time; an address that refuses has nobody."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with opener.open(endpoint + "/_localstack/health", timeout=PATIENCE):
                return True
        except socket.timeout:
            continue
        except OSError as error:
            if not isinstance(getattr(error, "reason", None), socket.timeout):
                return False
    return False
