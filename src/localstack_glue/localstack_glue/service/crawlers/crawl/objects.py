"""S3 as a crawl sees it: the objects below an include path, and parts of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


class Unreachable(Exception):
    """A target that cannot be read; the crawl has failed with this message."""


@dataclass(frozen=True)
class Object:
    bucket: str
    key: str
    size: int

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Place:
    """An include path: a bucket and the folder or object in it (without a slash at the end, "" is the bucket itself)."""

    bucket: str
    path: str

    @classmethod
    def parse(cls, uri: str) -> Place:
        """Raises Unreachable for what is no S3 path."""
        where = urlsplit(uri if "://" in uri else f"s3://{uri}")
        if where.scheme not in ("s3", "s3a", "s3n") or not where.netloc:
            raise Unreachable(f"{uri} is not an S3 path; wanted: s3://bucket/folder")
        # urlsplit takes what follows a ? or # from the path; in a key they are ordinary characters
        return cls(where.netloc, uri.partition("://")[2].partition("/")[2].strip("/"))


class Store:
    """The S3 of one client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def listed(self, place: Place) -> list[Object]:
        """Every object below `place`, or the one that it names; those without content (folder marks) left out. Sorted by
        key. Raises Unreachable."""
        folder = f"{place.path}/" if place.path else ""
        found = list(self._below(place.bucket, folder))
        if not found and place.path:
            found = [each for each in self._below(place.bucket, place.path) if each.key == place.path]
        return [each for each in found if each.size and not each.key.endswith("/")]

    def stream(self, found: Object) -> Any:
        return self._client.get_object(Bucket=found.bucket, Key=found.key)["Body"]

    def reader(self, found: Object) -> ObjectReader:
        return ObjectReader(self._client, found)

    def _below(self, bucket: str, prefix: str) -> Iterator[Object]:
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield Object(bucket, each["Key"], each["Size"])
        except self._client.exceptions.ClientError as problem:
            error, status = problem.response["Error"], problem.response["ResponseMetadata"]["HTTPStatusCode"]
            raise Unreachable(
                f"{error['Message']} (Service: Amazon S3; Status Code: {status}; Error Code: {error['Code']}; "
                f"Bucket: {bucket})"
            ) from None


class ObjectReader(io.RawIOBase):
    """An object as a file that is read here and there, each read one request: for formats with their schema at the end."""

    def __init__(self, client: Any, found: Object) -> None:
        super().__init__()
        self._client, self._object, self._at = client, found, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._object.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._object.size if size is None or size < 0 else min(self._at + size, self._object.size)
        if end <= self._at:
            return b""
        answer = self._client.get_object(
            Bucket=self._object.bucket, Key=self._object.key, Range=f"bytes={self._at}-{end - 1}"
        )
        data = bytes(answer["Body"].read())
        self._at += len(data)
        return data
