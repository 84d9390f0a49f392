"""Whose resources a call is about."""

from __future__ import annotations

from typing import NamedTuple


class Owner(NamedTuple):
    account: str
    region: str
