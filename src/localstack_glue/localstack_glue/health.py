"""Whether LocalStack serves: `python -m localstack_glue.health`, exit code 0 and a line if it does, else 1 and why.

"Ready." and a green `/_localstack/health` say little: the process at the port may be another one, and a service may
fail in its first call. So three things are asked: that the process of this state folder is the one that answers, what
it says of its services, and one real call of S3. Standard library only: it runs every few seconds.

Environment: LOCALSTACK_HOME, AWS_ENDPOINT, SERVICES (optional: these must be there).
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

TIMEOUT_S = 10
# Not checked, but it is what routes the request to S3 ListBuckets.
SIGNED_FOR_S3 = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20220101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


class Unhealthy(Exception):
    """Says why."""


def check(home: Path, endpoint: str, services: list[str]) -> str:
    """One line about the process that serves. Raises Unhealthy."""
    ours = _run_file(home)
    served = _get_json(f"{endpoint}/_localstack/run")
    if served["session_id"] != ours["session_id"]:
        raise Unhealthy(
            f"another LocalStack (process {served['pid']}) answers at {endpoint}, not process {ours['pid']}"
        )
    states = _get_json(f"{endpoint}/_localstack/health")["services"]
    broken = [name for name in services if states.get(name) not in ("available", "running", "starting")]
    if broken:
        raise Unhealthy(f"not available: {', '.join(f'{name} ({states.get(name)})' for name in broken)}")
    if b"<ListAllMyBucketsResult" not in _get(f"{endpoint}/", SIGNED_FOR_S3):
        raise Unhealthy(f"S3 at {endpoint} does not answer ListBuckets")
    return f"LocalStack serves at {endpoint} (process {ours['pid']})"


def _run_file(home: Path) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads((home / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Unhealthy(f"not started yet: there is no {home / 'run.json'}") from None
    return note


def _get_json(url: str) -> Any:
    return json.loads(_get(url))


def _get(url: str, headers: dict[str, str] | None = None) -> bytes:
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310 - the endpoint is http
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return bytes(answer.read())
    except (urllib.error.URLError, OSError) as error:
        raise Unhealthy(f"{url}: {error}") from None


ASK_EVERY = 0.1  # seconds


def main() -> int:
    services = [
        name
        for name in os.environ.get("SERVICES", "s3,sts,iam,sqs,logs,cloudwatch,secretsmanager,glue").split(",")
        if name
    ]
    deadline = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 0)
    while True:
        try:
            print(check(Path(os.environ["LOCALSTACK_HOME"]), os.environ["AWS_ENDPOINT"], services))
            return 0
        except Unhealthy as reason:
            if time.monotonic() >= deadline:
                print(reason, file=sys.stderr)
                return 1
        time.sleep(ASK_EVERY)


if __name__ == "__main__":
    sys.exit(main())
