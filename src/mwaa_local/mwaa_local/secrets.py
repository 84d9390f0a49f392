"""Secrets of this install: made once, kept in `secrets.env` (mode 0600), never committed."""

from __future__ import annotations

import base64
import os
import secrets as random
import uuid
from collections.abc import Callable
from pathlib import Path

from dotenv import dotenv_values

MAKERS: dict[str, Callable[[], str]] = {
    # Fernet wants 32 url-safe base64 bytes
    "FERNET_KEY": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "WEBSERVER_SECRET_KEY": lambda: random.token_hex(32),
    # never "airflow": Airflow masks the database password wherever it stands in a task's log
    "POSTGRES_PASSWORD": lambda: random.token_hex(16),
    "ADMIN_PASSWORD": lambda: random.token_urlsafe(9),
    # names this install: its Celery queue, and the mark that every process of it carries
    "MWAA_ENV_ID": lambda: str(uuid.uuid4()),
}


def ensure(state: Path) -> dict[str, str]:
    """The secrets of the install in `state`; makes those that are missing, atomically, and keeps the others."""
    path = state / "secrets.env"
    kept = {k: v for k, v in dotenv_values(path).items() if v} if path.is_file() else {}
    values = {name: kept.get(name) or make() for name, make in MAKERS.items()}
    if values != kept:
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())
        fresh.replace(path)
    return values
