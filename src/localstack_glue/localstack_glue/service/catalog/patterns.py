"""Patterns for names: a regular expression in which a bare `*` stands for anything, as in Hive. It matches a whole
name, whatever its case."""

from __future__ import annotations

import time
from collections.abc import Iterable

from . import errors

_PATIENCE_S = 1.0  # a pattern such as (a+)+b takes longer than the age of the world


def matching(pattern: str | None, names: Iterable[str]) -> list[str]:
    """The names that match; all without a pattern. Raises InvalidInput for a pattern that is no regular expression, or
    that takes too long."""
    if not pattern:
        return list(names)
    import regex  # unlike re, it can be told when to give up, and lets other threads work meanwhile

    end = time.monotonic() + _PATIENCE_S
    try:
        compiled = regex.compile(_expression(pattern), regex.IGNORECASE)
        return [name for name in names if compiled.fullmatch(name, concurrent=True, timeout=_left(end))]
    except (regex.error, TimeoutError):
        raise errors.name_pattern(pattern) from None


def _left(end: float) -> float:
    return max(end - time.monotonic(), 0.001)


def _expression(pattern: str) -> str:
    """`a*` becomes `a.*`; what already reads `.*`, `]*` or `)*` is left."""
    before = ""
    written = []
    for letter in pattern:
        written.append(".*" if letter == "*" and before not in (".", "]", ")", "\\") else letter)
        before = letter
    return "".join(written)
