"""The beginning of a file, decompressed: AWS's crawlers look at the first megabyte, and at up to ten if they have to."""

from __future__ import annotations

import bz2
import zlib
from dataclasses import dataclass
from typing import Any, Protocol

from .objects import Object, Store

MEGABYTE = 1 << 20
MOST = 10 * MEGABYTE
_CHUNK = 64 << 10
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2"}


class Unreadable(Exception):
    """A compressed file that is damaged."""


@dataclass(frozen=True)
class Sample:
    """`data` is decompressed; `whole` says that it is the file's entire content. `consumed` are the bytes of the object
    that gave it."""

    data: bytes
    whole: bool
    compression: str
    consumed: int

    def scaled(self, size: int) -> int:
        """About how many bytes a file of `size` bytes has, decompressed."""
        if self.whole or not self.consumed:
            return len(self.data)
        return round(size * len(self.data) / self.consumed)


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class _Plain:
    """No compression, in the shape of a decompressor."""

    eof = False
    unused_data = b""

    def decompress(self, data: bytes, /) -> bytes:
        return data


def take(store: Store, found: Object, size: int = MEGABYTE) -> Sample:
    """The first `size` bytes, or a little more. Raises Unreadable."""
    body = store.stream(found)
    try:
        return _read(body, size)
    finally:
        body.close()


def _read(body: Any, size: int) -> Sample:
    data = body.read(_CHUNK)
    compression = next((name for magic, name in _MAGIC.items() if data.startswith(magic)), "none")
    unpacked, consumed, decompressor = bytearray(), 0, _decompressor(compression)
    while data:
        consumed += len(data)
        try:
            while data:
                unpacked += decompressor.decompress(data)
                data = decompressor.unused_data if decompressor.eof else b""
                if data:  # a file made of several compressed ones, as gzip and bzip2 allow
                    decompressor = _decompressor(compression)
        except (zlib.error, OSError, EOFError) as problem:
            if not unpacked:
                raise Unreadable(f"damaged {compression}: {problem}") from None
            return Sample(bytes(unpacked), False, compression, consumed)
        if len(unpacked) >= size:
            more = bool(body.read(1))
            return Sample(bytes(unpacked), not more, compression, consumed)
        data = body.read(_CHUNK)
    if consumed and not unpacked:
        raise Unreadable(f"{compression} that ends before anything can be unpacked")
    return Sample(bytes(unpacked), True, compression, consumed)


def _decompressor(compression: str) -> _Decompressor:
    if compression == "gzip":
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    if compression == "bzip2":
        return bz2.BZ2Decompressor()
    return _Plain()
