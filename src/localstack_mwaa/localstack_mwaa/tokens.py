"""The tokens that Airflow's web server takes: JSON web tokens (HS256) of 60 s.

Read by mwaa_airflow.web.tokens, which describes them; the key is derived from the install's web server secret in both.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping

from joserfc import jwt
from joserfc.jwk import OctKey

CLI, WEB = "cli", "web"
SECONDS = 60
"""User guide, "Creating an Apache Airflow CLI token" and "... web login token": valid for 60 seconds."""


def make(kind: str, arn: str, roles: list[str], variables: Mapping[str, str], now: float | None = None) -> str:
    """`variables`: the environment of the stack (WEBSERVER_SECRET_KEY, ENV_NAME, MWAA_ENV_ID); `now` in epoch seconds."""
    begun = int(time.time() if now is None else now)
    claims = {
        "aud": kind,
        "env": variables["ENV_NAME"],
        "env_id": variables["MWAA_ENV_ID"],
        "sub": arn,
        "roles": roles,
        "iat": begun,
        "exp": begun + SECONDS,
        "jti": uuid.uuid4().hex,
    }
    secret = variables["WEBSERVER_SECRET_KEY"].encode()
    key = hmac.new(secret, b"aws_mwaa/" + kind.encode(), hashlib.sha256).digest()
    return str(jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(key)))
