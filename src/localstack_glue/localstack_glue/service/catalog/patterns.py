"""Patterns for names: a regular expression in which a bare `*` stands for anything, as in Hive. It matches a whole
name, whatever its case."""

from __future__ import annotations

from collections.abc import Iterable

from . import errors

_PATIENCE_S = 1.0  # a pattern such as (a+)+b takes longer than the age of the world


def matching(pattern: str | None, names: Iterable[str]) -> list[str]:
    """The names that match; all without a pattern. Raises InvalidInput for a pattern that is no regular expression, or
    that takes too long."""
    if not pattern:
        return list(names)
    import regex

    try:
        compiled = regex.compile(_expression(pattern), regex.IGNORECASE)
        return [name for name in names if compiled.fullmatch(name, timeout=_PATIENCE_S)]
    except (regex.error, TimeoutError):
        raise errors.name_pattern(pattern) from None


def _expression(pattern: str) -> str:
    """`a*` becomes `a.*`; what already reads `.*`, `]*` or `)*` is left."""
    before = ""
    written = []
    for letter in pattern:
        written.append(".*" if letter == "*" and before not in (".", "]", ")", "\\") else letter)
        before = letter
    return "".join(written)
