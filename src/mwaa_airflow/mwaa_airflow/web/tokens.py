"""Tokens of CreateCliToken and CreateWebLoginToken: JSON web tokens, HS256, valid for 60 s.

Made by the service API (src/localstack_mwaa), read here. The key is derived from the install's web server secret, another
for each kind, so that a token of one install or kind is worth nothing at another.

    aud     "cli" or "web"
    env     name of the environment        env_id   id of the install
    sub     ARN of the caller              roles    Airflow roles (web tokens)
    exp     end, in epoch seconds
"""

import hashlib
import hmac
import os

import jwt

CLI, WEB = "cli", "web"


class TokenRefused(Exception):
    """The token is missing, forged, expired, or meant for something else."""


def key(kind):
    """32 bytes."""
    return hmac.new(os.environ["WEBSERVER_SECRET_KEY"].encode(), b"aws_mwaa/" + kind.encode(), hashlib.sha256).digest()


def read(token, kind):
    """The token's claims. Raises TokenRefused, whose text says why and nothing about the key."""
    try:
        claims = jwt.decode(
            token, key(kind), algorithms=["HS256"], audience=kind, options={"require": ["exp"], "require_exp": True}
        )
    except jwt.ExpiredSignatureError:
        raise TokenRefused("The token has expired") from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise TokenRefused("The token is not valid") from None
    here = (os.environ.get("AIRFLOW_ENV_NAME"), os.environ.get("MWAA_ENV_ID"))
    if (claims.get("env"), claims.get("env_id")) != here:
        raise TokenRefused("The token is of another environment")
    return claims
