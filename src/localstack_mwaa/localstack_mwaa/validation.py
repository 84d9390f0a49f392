"""A request against the constraints of MWAA's API model. As for Glue, and the patterns as well: all of them are short here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import regex  # knows \p{L}, as the model's patterns do

from localstack_glue.service import validation

from .errors import Invalid


def check(shape: Any, request: dict[str, Any]) -> None:
    """Raises Invalid with all that is wrong with the request."""
    problems = [*validation.problems(shape, request), *_patterns(shape, request, "")]
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise Invalid(f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}")


def _patterns(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                lower = name[:1].lower() + name[1:]
                yield from _patterns(member, value[name], f"{path}.{lower}" if path else lower)
    elif kind == "list" and isinstance(value, list):
        for at, item in enumerate(value, 1):
            yield from _patterns(shape.member, item, f"{path}.{at}.member")
    elif kind == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from _patterns(shape.key, key, path)
            yield from _patterns(shape.value, item, f"{path}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        pattern = shape.metadata.get("pattern", "")
        if pattern and not regex.fullmatch(pattern.removeprefix("^").removesuffix("$"), value):
            constraint = f"Member must satisfy regular expression pattern: {pattern}"
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
