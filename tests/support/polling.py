"""Waiting for a condition: polled, bounded, and with a message that says what was waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(condition: Callable[[], Found], seconds: float, what: str, interval: float = 0.02) -> Found:
    """The first true result of `condition`. Raises AssertionError if there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(interval)
    return found
