"""A request against the constraints of Glue's API model, with AWS's sentences.

Works on botocore's shapes, by their attributes alone, and so imports nothing of botocore. LocalStack's own
`validate_request` reports only what a client library checks (missing, too short); AWS also reports enumerations,
upper limits and patterns, and all of them in one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .errors import Validation

# The model's long patterns only name legal Unicode; these few are the ones a person can get wrong.
_READABLE_PATTERN = re.compile(r"^\^.*\$$")


def check(shape: Any, request: dict[str, Any]) -> None:
    """Raise Validation if `request` breaks a constraint of `shape` (the operation's input shape)."""
    found = problems(shape, request)
    if found:
        plural = "s" if len(found) > 1 else ""
        raise Validation(f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def problems(shape: Any, request: dict[str, Any]) -> list[str]:
    """A sentence for each constraint that is broken."""
    return list(_structure(shape, request, ""))


def _structure(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        where = f"{path}.{_camel(name)}" if path else _camel(name)
        found = value.get(name)
        if found is not None:
            yield from _value(member, found, where)
        elif name in shape.required_members:
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _value(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind, limits = shape.type_name, shape.metadata
    if kind == "structure" and isinstance(value, dict):
        yield from _structure(shape, value, path)
    elif kind == "list" and isinstance(value, list):
        yield from _length(limits, len(value), value, path)
        for at, item in enumerate(value, 1):
            yield from _value(shape.member, item, f"{path}.{at}.member")
    elif kind == "map" and isinstance(value, dict):
        yield from _length(limits, len(value), value, path)
        for key, item in value.items():
            yield from _value(shape.value, item, f"{path}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        yield from _string(limits, value, path)
    elif kind in ("integer", "long", "double", "float"):
        yield from _number(limits, value, path)


def _string(limits: dict[str, Any], value: str, path: str) -> Iterator[str]:
    if "enum" in limits and value not in limits["enum"]:
        yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
    yield from _length(limits, len(value), value, path)
    pattern = limits.get("pattern", "")
    if _READABLE_PATTERN.match(pattern) and not re.match(pattern, value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _length(limits: dict[str, Any], length: int, value: Any, path: str) -> Iterator[str]:
    if length < limits.get("min", 0):
        yield _failed(value, path, f"Member must have length greater than or equal to {limits['min']}")
    if length > limits.get("max", length):
        yield _failed(value, path, f"Member must have length less than or equal to {limits['max']}")


def _number(limits: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if value < limits.get("min", value):
        yield _failed(value, path, f"Member must have value greater than or equal to {limits['min']}")
    if value > limits.get("max", value):
        yield _failed(value, path, f"Member must have value less than or equal to {limits['max']}")


def _failed(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
