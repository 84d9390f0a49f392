"""YAML files checked against a botocore shape, with the file's own line in every complaint.

The shape is the schema: for a Glue job it is CreateJob's input as botocore has it, for files of ours it is written in
the same form (`shapes`). So field names, types, enums and limits are AWS's own and not a copy of them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from botocore.model import Shape, ShapeResolver

from mwaa_local.errors import LocalError

# botocore's type -> the YAML tags it takes, and how to say it
SCALARS = {
    "string": (("str",), "text"),
    "integer": (("int",), "a whole number"),
    "long": (("int",), "a whole number"),
    "double": (("int", "float"), "a number"),
    "float": (("int", "float"), "a number"),
    "boolean": (("bool",), "true or false"),
    "timestamp": (("timestamp", "str", "int", "float"), "a time"),
    "blob": (("str", "binary"), "text"),
}


class BadFile(LocalError):
    """One or more files say what they cannot say; the text has one line for each complaint."""

    def __init__(self, complaints: Iterable[str]) -> None:
        self.lines = lines = list(complaints)
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        super().__init__("\n".join([f"{count}, nothing was changed:", *lines]), "correct the lines named above")


def shapes(definitions: Mapping[str, Any], name: str) -> Shape:
    """The shape `name` of a model written as botocore writes its own ("shapes" of a service-2.json)."""
    return ShapeResolver(dict(definitions)).get_shape_by_name(name)


def where(path: Path, line: int, field: str, text: str) -> str:
    return f"  {path}:{line}: {field + ': ' if field else ''}{text}"


class CheckedYaml:
    """One file, read: `value` as plain Python, `complaints` (empty: all is well), `complain` for checks made later."""

    def __init__(self, path: Path, shape: Shape, *, filled_in: Iterable[str] = ()) -> None:
        """Reads and checks; `filled_in` are required top-level fields that may be left out. Raises nothing."""
        self.path, self.complaints = path, list[str]()
        self._lines: dict[str, int] = {}
        self._open: list[yaml.Node] = []
        self._filled_in = set(filled_in)
        self.value: Any = None
        node = self._parse()
        if node is not None:
            self.value = self._check(node, shape, "")

    def complain(self, field: str, text: str) -> None:
        self.complaints.append(where(self.path, self._lines.get(field, 1), field, text))

    def _parse(self) -> yaml.Node | None:
        try:
            self._loader = yaml.SafeLoader(self.path.read_bytes())
            node = self._loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            self.complaints.append(where(self.path, line, "", f"no valid YAML: {error.problem or error.context}"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self.complaints.append(where(self.path, 1, "", f"no valid YAML: {' '.join(str(error).split())}"))
        except OSError as error:
            self.complaints.append(where(self.path, 1, "", f"cannot be read: {error.strerror}"))
        else:
            if node is None:
                self.complaints.append(where(self.path, 1, "", "is empty"))
            return node
        return None

    def _check(self, node: yaml.Node, shape: Shape, field: str) -> Any:
        self._lines[field] = node.start_mark.line + 1
        if any(node is outer for outer in self._open):
            return self.complain(field, "refers to itself")
        self._open.append(node)
        try:
            if getattr(shape, "is_document_type", False):
                return self._construct(node, field)
            kinds: dict[str, Any] = {"structure": self._structure, "map": self._map, "list": self._list}
            return kinds.get(shape.type_name, self._scalar)(node, shape, field)
        finally:
            self._open.pop()

    def _structure(self, node: yaml.Node, shape: Any, field: str) -> dict[str, Any]:
        value = {}
        for key, child in self._pairs(node, field):
            name = f"{field}.{key}" if field else key
            if key in shape.members:
                value[key] = self._check(child, shape.members[key], name)
            else:
                self._lines[name] = child.start_mark.line + 1
                self.complain(name, _unknown(key, sorted(shape.members)))
        for key in shape.required_members:
            if key not in value and not (not field and key in self._filled_in):
                self.complain(field, f"{key} is missing")
        return value

    def _map(self, node: yaml.Node, shape: Any, field: str) -> dict[str, Any]:
        return {key: self._check(child, shape.value, f"{field}.{key}") for key, child in self._pairs(node, field)}

    def _list(self, node: yaml.Node, shape: Any, field: str) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            self.complain(field, f"must be a list, found {_kind(node)}")
            return []
        return [self._check(item, shape.member, f"{field}[{number}]") for number, item in enumerate(node.value)]

    def _scalar(self, node: yaml.Node, shape: Shape, field: str) -> Any:
        tags, wanted = SCALARS[shape.type_name]
        if not isinstance(node, yaml.ScalarNode) or _tag(node) not in tags:
            hint = ": write it in quotes" if shape.type_name == "string" and isinstance(node, yaml.ScalarNode) else ""
            return self.complain(field, f"must be {wanted}, found {_kind(node)}{hint}")
        value = self._construct(node, field)
        for complaint in _limits(value, shape):
            self.complain(field, complaint)
        return value

    def _construct(self, node: yaml.Node, field: str) -> Any:
        try:
            return self._loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            return self.complain(field, f"cannot be read: {getattr(error, 'problem', None) or error}")

    def _pairs(self, node: yaml.Node, field: str) -> list[tuple[str, yaml.Node]]:
        """Keys and values of a mapping, each key once; merge keys (<<) are resolved."""
        if not isinstance(node, yaml.MappingNode):
            self.complain(field, f"must be a mapping of names to values, found {_kind(node)}")
            return []
        own = [key.value for key, _ in node.value if _tag(key) != "merge"]
        self._loader.flatten_mapping(node)
        pairs: dict[str, yaml.Node] = {}
        for key, child in node.value:
            if _tag(key) != "str":
                self._lines[field] = key.start_mark.line + 1
                self.complain(field, f"names must be text, found {_kind(key)}")
            elif own.count(key.value) > 1 and key.value in pairs:
                name = f"{field}.{key.value}" if field else key.value
                self._lines[name] = key.start_mark.line + 1
                self.complain(name, "is given twice")
            else:
                pairs[key.value] = child
        return list(pairs.items())


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rpartition(":")[2]


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    names = {"int": "the number", "float": "the number", "bool": "the yes/no value", "timestamp": "the date"}
    return "nothing" if _tag(node) == "null" else f"{names.get(_tag(node), 'the text')} {node.value}"


def _unknown(key: str, allowed: list[str]) -> str:
    close = difflib.get_close_matches(key, allowed, 1) or [name for name in allowed if name.lower() == key.lower()]
    return f"unknown field{f', did you mean {close[0]}?' if close else '.'} Allowed: {', '.join(allowed)}"


def _limits(value: Any, shape: Any) -> Iterable[str]:
    """What the model says about a value beyond its type: enum, min and max (of a text: its length), pattern."""
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{value!r} is not among: {', '.join(shape.enum)}"
    size, what = (len(value), "characters") if isinstance(value, str) else (value, "")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{value!r} is too small, at least {low} {what}".rstrip()
    if high is not None and size > high:
        yield f"is too big, at most {high} {what}".rstrip()
    pattern = shape.metadata.get("pattern", "")
    # Patterns are Java's. Those with escapes of whole Unicode planes mean "any text" and read differently in Python.
    if isinstance(value, str) and "\\u" not in pattern and pattern and not re.fullmatch(pattern, value):
        yield f"{value!r} does not match {pattern}"
