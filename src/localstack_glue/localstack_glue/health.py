"""Whether LocalStack serves: `python -m localstack_glue.health` prints one line, exit code 0 means yes. Standard library only.

Health alone is no proof (LocalStack's page is green while S3 fails on an old Python, and a stranger may hold the port), so
it asks that the answer comes from our own process, and that S3 really lists buckets.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT = 10  # seconds


def check(home: Path, endpoint: str) -> str:
    """A line that says what was seen; raises OSError or ValueError when LocalStack does not serve."""
    session = json.loads((home / "run.json").read_text())["session_id"]
    info = json.loads(_get(f"{endpoint}/_localstack/info"))
    if info["session_id"] != session:
        raise ValueError(f"another LocalStack answers at {endpoint}")
    # unsigned, but with the scope that tells LocalStack which service is meant
    scope = "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"
    if b"ListAllMyBucketsResult" not in _get(f"{endpoint}/", {"Authorization": scope}):
        raise ValueError("S3 does not list buckets")
    return f"LocalStack {info['version']} serves at {endpoint}"


def _get(url: str, headers: dict[str, str] | None = None) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers=headers or {}), timeout=TIMEOUT) as answer:  # noqa: S310 our own endpoint
        return bytes(answer.read())


def main() -> None:
    endpoint = os.environ["AWS_ENDPOINT"]
    try:
        print(check(Path(os.environ["LOCALSTACK_HOME"]), endpoint))
    except FileNotFoundError:
        sys.exit("LocalStack has not finished its start")
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"LocalStack does not serve at {endpoint}: {error}")


if __name__ == "__main__":
    main()
