"""The calls of a file that make tasks, and what they are given: also through default_args and one assignment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from mwaa_local.check.index import TASK
from mwaa_local.check.scopes import File, Item, Scope, Value


@dataclass(frozen=True)
class Task:
    """A call that makes a task. `ref` is its class in the index; "" for a function with @task."""

    node: ast.Call
    item: Item
    ref: str

    @property
    def scope(self) -> Scope:
        return self.item.scope

    def argument(self, name: str) -> ast.expr | None:
        return next((each.value for each in self.node.keywords if each.arg == name), None)

    @property
    def is_open(self) -> bool:
        """Whether it may be given more than is to be seen: **kwargs."""
        return any(each.arg is None for each in self.node.keywords)


def tasks(file: File) -> Iterator[Task]:
    for item in file.of_type(ast.Call):
        assert isinstance(item.node, ast.Call)
        value = file.resolve(item.node.func, item.scope)
        if value is not None and value.kind == "class" and file.index.is_operator(value.name):
            yield Task(item.node, item, value.name)
        elif _is_decorator(file, item.node.func, value, item.scope):
            yield Task(item.node, item, "")


def _is_decorator(file: File, called: ast.expr, value: Value | None, scope: Scope) -> bool:
    """`task(...)` or `task.virtualenv(...)`."""
    if value is None and isinstance(called, ast.Attribute):
        value = file.resolve(called.value, scope)
    return value == Value("instance", TASK)


def defaults(file: File) -> Iterator[tuple[ast.expr, ast.expr, Scope]]:
    """(key, value, scope) of every dict that is given as default_args."""
    seen: set[int] = set()
    for item in file.of_type(ast.keyword):
        if isinstance(item.node, ast.keyword) and item.node.arg == "default_args":
            found, scope = file.literal(item.node.value, item.scope)
            if isinstance(found, ast.Dict) and id(found) not in seen:
                seen.add(id(found))
                yield from ((key, value, scope) for key, value in zip(found.keys, found.values) if key is not None)


def seconds(file: File, node: ast.AST | None, scope: Scope) -> float | None:
    """What a timedelta of constants, or a number, comes to; None if it cannot be known."""
    node, scope = file.literal(node, scope)
    if isinstance(node, ast.Call):
        value = file.resolve(node.func, scope)
        if value is None or value.name not in ("datetime.timedelta", "pendulum.duration"):
            return None
        units = {"days": 86400, "seconds": 1, "minutes": 60, "hours": 3600, "weeks": 604800, "microseconds": 1e-6,
                 "milliseconds": 1e-3}  # fmt: skip
        total = 0.0
        for name, each in [*zip(("days", "seconds"), node.args), *((key.arg, key.value) for key in node.keywords)]:
            amount = number(file, each, scope)
            if amount is None or name not in units:
                return None
            total += amount * units[name]
        return total
    return number(file, node, scope)


def number(file: File, node: ast.AST | None, scope: Scope, depth: int = 0) -> float | None:
    """A number, also as a product or a sum of numbers."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Add)) and depth < 12:
        left, right = number(file, node.left, scope, depth + 1), number(file, node.right, scope, depth + 1)
        if left is None or right is None:
            return None
        return left * right if isinstance(node.op, ast.Mult) else left + right
    value = file.constant(node, scope)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
