"""The smallest valid request of any operation, made from a boto3's own model of Glue."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

# What strings with a pattern may be: the first that fits is taken.
_SAMPLES = (
    "a",
    "1",
    "aa",
    "123456789012",
    "arn:aws:iam::123456789012:role/a",
    "arn:aws:glue:us-east-1:123456789012:table/a/b",
    "arn:aws:sso:::instance/ssoins-1234567890123456",
    "00000000-0000-4000-8000-000000000000",
    "s3://a/b",
    "https://a.example/b",
    "x" * 36,
)


def model(environment: Path) -> ServiceModel:
    """Of the botocore in a virtual environment."""
    (data,) = environment.glob("lib/python3*/site-packages/botocore/data")
    return ServiceModel(Loader([str(data)], include_default_search_paths=False).load_service_model("glue", "service-2"))


def request(model: ServiceModel, operation: str) -> dict[str, Any]:
    shape = model.operation_model(operation).input_shape
    return _structure(shape) if shape else {}


def _structure(shape: Any) -> dict[str, Any]:
    return {name: _value(shape.members[name]) for name in shape.required_members}


def _value(shape: Any) -> Any:
    least = shape.metadata.get("min", 0)
    plain = {"boolean": True, "timestamp": datetime(2023, 4, 29, 1, 2, 3, tzinfo=timezone.utc), "blob": b"a"}
    if shape.type_name == "structure":
        return _structure(shape)
    if shape.type_name == "list":
        return [_value(shape.member) for _ in range(max(least, 1))]
    if shape.type_name == "map":
        return {_value(shape.key): _value(shape.value)}
    if shape.type_name == "string":
        return _string(shape, least)
    return plain[shape.type_name] if shape.type_name in plain else max(least, 1)


def _string(shape: Any, least: int) -> str:
    if shape.enum:
        return str(shape.enum[0])
    # The patterns that only name legal characters are not all in Python's dialect; any sample fits those.
    pattern = shape.metadata.get("pattern", "")
    pattern = pattern if "\\u" not in pattern else ""
    fitting = [one for one in _SAMPLES if len(one) >= least and (not pattern or re.fullmatch(pattern, one))]
    return fitting[0]
