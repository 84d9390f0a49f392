"""boto3's S3 client, with what tests ask of a bucket again and again."""

import csv
import gzip
import io
import json
from typing import Any, Callable, Dict, Iterator, List, Tuple

GZIP = b"\x1f\x8b"


class Readers:
    """A base of the S3 client. A key is that object; anything else is a prefix: all objects below it, in the order of their keys,
    without what Spark and Hadoop put beside their data (_SUCCESS, .crc, _$folder$)."""

    def list_keys(self, bucket: str, prefix: str = "") -> List[str]:
        return [one["Key"] for one in list_objects(self, bucket, prefix)]

    def read_json_lines(self, bucket: str, key_or_prefix: str) -> List[Any]:
        """A value for each line that is not empty; gzip is unpacked. Raises AssertionError if there is no such object, or
        a line is no JSON."""
        __tracebackhide__ = True
        return [value for key, text in _texts(self, bucket, key_or_prefix) for value in _values(bucket, key, text)]

    def read_csv(self, bucket: str, key_or_prefix: str, **options: Any) -> List[Dict[str, str]]:
        """A dict for each row, by the header of each object, or by `fieldnames=`; options are those of csv.DictReader."""
        __tracebackhide__ = True
        texts = _texts(self, bucket, key_or_prefix)
        return [dict(row) for _, text in texts for row in csv.DictReader(io.StringIO(text, newline=""), **options)]


def list_objects(client: Any, bucket: str, prefix: str = "", most: int = 0) -> List[Dict[str, Any]]:
    """The objects below a prefix, as ListObjectsV2 describes them; `most` of them, if it is given."""
    found: List[Dict[str, Any]] = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        found += page.get("Contents", [])
        if most and len(found) >= most:
            return found[:most]
    return found


def extend(session: Any, asked: Callable[[str], None] = lambda bucket: None) -> None:
    """S3 clients of this boto3 session are Readers; `asked` hears of the bucket of each of their calls."""
    session.events.register("creating-client-class.s3", _add_readers)
    session.events.register("before-parameter-build.s3", lambda params, **_: asked(params.get("Bucket", "")))


def _add_readers(base_classes: List[type], **_: Any) -> None:
    base_classes.insert(0, Readers)


def _texts(client: Any, bucket: str, key_or_prefix: str) -> List[Tuple[str, str]]:
    __tracebackhide__ = True
    keys = [one["Key"] for one in list_objects(client, bucket, key_or_prefix) if one["Size"]]
    chosen = [key_or_prefix] if key_or_prefix in keys else [key for key in keys if _is_data(key)]
    if not chosen:
        there = [one["Key"] for one in list_objects(client, bucket, most=20)]
        text = "There is no object with data at s3://{}/{}. The bucket has: {}"
        raise AssertionError(text.format(bucket, key_or_prefix, ", ".join(there) or "nothing"))
    return [(key, _text(client.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in chosen]


def _values(bucket: str, key: str, text: str) -> Iterator[Any]:
    __tracebackhide__ = True
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                place = "s3://{}/{}, line {}".format(bucket, key, number)
                raise AssertionError("{} is no JSON ({}): {}".format(place, error, line[:200])) from None


def _is_data(key: str) -> bool:
    return not key.rsplit("/", 1)[-1].startswith(("_", ".")) and not key.endswith("_$folder$")


def _text(body: bytes) -> str:
    return (gzip.decompress(body) if body.startswith(GZIP) else body).decode("utf-8")
