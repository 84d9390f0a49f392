"""stack/versions.env, the one place where versions stand."""

from __future__ import annotations

from functools import cache

from dotenv import dotenv_values

from mwaa_local.settings import ROOT


@cache
def versions() -> dict[str, str]:
    """Every KEY=value of stack/versions.env."""
    return {key: value or "" for key, value in dotenv_values(ROOT / "stack" / "versions.env").items()}
