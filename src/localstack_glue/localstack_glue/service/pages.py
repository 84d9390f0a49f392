"""Pagination: NextToken names the last item of the page before, so that a list may change between two pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from . import errors

Item = TypeVar("Item")


def page(
    items: Sequence[Item], key: Callable[[Item], str], token: str | None, size: int
) -> tuple[list[Item], str | None]:
    """The `size` items after the one that `token` names, and the token of the next page (None on the last).

    Raises InvalidInput for a token that names nothing in `items`."""
    start = 0
    if token:
        last = _decode(token)
        start = next((at for at, item in enumerate(items, 1) if key(item) == last), 0)
        if not start:
            raise errors.invalid_next_token()
    found = list(items[start : start + size])
    more = start + size < len(items)
    return found, _encode(key(found[-1])) if more else None


def _encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise errors.invalid_next_token() from None


def sorted_page(
    items: Sequence[Item], key: Callable[[Item], str], token: str | None, size: int
) -> tuple[list[Item], str | None]:
    """Like page(), for a list whose order is by `key`: it goes on after the last item even if that is gone by now, so
    that a client may delete what a page names before it asks for the next."""
    ordered = sorted(items, key=key)
    last = _decode(token) if token else None
    rest = [item for item in ordered if last is None or key(item) > last]
    return rest[:size], _encode(key(rest[size - 1])) if len(rest) > size else None
