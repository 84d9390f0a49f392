"""One walk over a tree, without recursion: its nodes with the scope that each is in, and what a name stands for.

Whoever asks gets an answer only where it is certain: a name that is assigned twice, or under a condition, stands for nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mwaa_local.check.index import TASK, Index, Signature, signature

GUARDED = 1
"""Inside of `try: ... except ImportError`, `if TYPE_CHECKING` or a test of versions: it may well not be run here."""
ANNOTATION = 2
"""An annotation that Python evaluates."""
QUOTED = 4
"""An annotation that it does not: that of a local variable."""
LATER = 8
"""In a function: not run when the file is read."""

_CONDITION = re.compile(
    r"version|STATICA|TYPE_CHECKING|PY[23]|platform|os\.name|hasattr|find_spec|_AVAILABLE|HAS_|IS_", re.I
)
_CATCHES = {"ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "Exception", "BaseException"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEPTH = 12
_OFTEN = 8
XCOM_ARG = "airflow.models.xcom_arg:XComArg"


@dataclass(frozen=True)
class Value:
    """What an expression is: `kind` module, class, instance, function, object or task (a function with @task); `name` a dotted
    name, or for class and instance the index's ref; `spec` a function's signature."""

    kind: str
    name: str
    spec: str = ""


@dataclass
class Scope:
    """`names`: each with what binds it: ("import", module), ("from", module, name), ("value", node), ("def", node) or ()."""

    kind: str
    parent: Scope | None = None
    node: ast.AST | None = None
    names: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)

    def bind(self, name: str, *what: object) -> None:
        self.names.setdefault(name, []).append(what)


class Item:
    """A node with its scope and flags; `parent` is the item of the node around it."""

    __slots__ = ("flags", "node", "parent", "scope")

    def __init__(self, node: ast.AST, scope: Scope, flags: int, parent: Item | None) -> None:
        self.node, self.scope, self.flags, self.parent = node, scope, flags, parent


class File:
    """A file that was parsed. `kind` is "dags" or "plugins"; `items` are its nodes in the order of the text."""

    def __init__(self, text: str, tree: ast.Module, index: Index, kind: str = "dags", name: str = "") -> None:
        self.text, self.tree, self.index, self.kind, self.name = text, tree, index, kind, name
        self.lines = text.split("\n")
        self.module = Scope("module", node=tree)
        self.postponed_annotations = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(a.name == "annotations" for a in node.names)
            for node in tree.body
        )
        self.items: list[Item] = []
        self.stored_attributes: set[str] = set()
        self._walk()

    def segment(self, node: ast.AST) -> str | None:
        """A node as it is written; None when it is not known."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None)
        if not first or not last or last - first > 50:
            return None
        lines = self.lines[first - 1 : last]
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", 0)
        lines[-1] = lines[-1].encode()[:end].decode(errors="replace")
        lines[0] = lines[0].encode()[start:].decode(errors="replace")
        return "\n".join(lines)

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """The text from one place to another, each (line from 1, bytes in front of it)."""
        lines = [line.encode(errors="replace") for line in self.lines[start[0] - 1 : end[0]]]
        if not lines:
            return ""
        if len(lines) == end[0] - start[0] + 1:
            lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][start[1] :]
        return b"\n".join(lines).decode(errors="replace")

    def of_type(self, *kinds: type[ast.AST]) -> Iterator[Item]:
        return (item for item in self.items if isinstance(item.node, kinds))

    def is_bound(self, name: str, scope: Scope | None) -> bool:
        return self._bindings(name, scope) is not None

    def resolve(self, node: ast.AST, scope: Scope, depth: int = 0) -> Value | None:  # noqa: PLR0911 -- a kind of node each
        """What an expression is, or None if that is not certain."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Name):
            found = self._bindings(node.id, scope)
            return self._of_binding(found, depth) if found else None
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value, scope, depth + 1)
            return self._attribute(base, node.attr) if base else None
        if isinstance(node, ast.Call):
            called = self.resolve(node.func, scope, depth + 1)
            if called is None:
                return None
            if called.kind == "class":
                return Value("instance", called.name)
            return Value("instance", XCOM_ARG) if called.kind == "task" else None
        return None

    def constant(self, node: ast.AST | None, scope: Scope, depth: int = 0) -> object:
        """The value of a constant, also through one assignment; None if it is none."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name) and depth < _DEPTH:
            found = self._bindings(node.id, scope)
            if found and len(found[0]) == 1 and found[0][0][:1] == ("value",):
                return self.constant(_as_node(found[0][0][1]), found[1], depth + 1)
        if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            return str(node.values[0].value)
        return None

    def literal(self, node: ast.AST | None, scope: Scope) -> tuple[ast.AST | None, Scope]:
        """The node behind a name that is assigned once, with its scope; the node itself otherwise."""
        for _ in range(_DEPTH):
            if not isinstance(node, ast.Name):
                break
            found = self._bindings(node.id, scope)
            if not found or len(found[0]) != 1 or found[0][0][:1] != ("value",):
                break
            node, scope = _as_node(found[0][0][1]), found[1]
        return node, scope

    def definition(self, node: ast.AST, scope: Scope) -> ast.FunctionDef | None:
        """The function of this file that a name stands for."""
        if isinstance(node, ast.Name):
            found = self._bindings(node.id, scope)
            if found and len(found[0]) == 1 and found[0][0][:1] == ("def",):
                inner = found[0][0][1]
                return inner if isinstance(inner, ast.FunctionDef) else None
        return None

    def signature_of(self, value: Value) -> Signature | None:
        if value.kind == "class":
            return self.index.constructor(value.name)
        return signature(value.spec) if value.kind == "function" and value.spec != "?" else None

    def _bindings(self, name: str, scope: Scope | None) -> tuple[list[tuple[object, ...]], Scope] | None:
        first = True
        while scope is not None:
            if name in scope.names and (first or scope.kind != "class"):
                return scope.names[name], scope
            first = False
            scope = scope.parent
        return None

    def _of_binding(self, found: tuple[list[tuple[object, ...]], Scope], depth: int) -> Value | None:
        bindings, scope = found
        if len(bindings) > _OFTEN or len(set(bindings)) != 1:
            return None
        what = bindings[0]
        if what[:1] == ("import",):
            return Value("module", str(what[1]))
        if what[:1] == ("from",):
            return self._member(str(what[1]), str(what[2]))
        if what[:1] == ("value",) and len(bindings) == 1:
            return self.resolve(_as_node(what[1]), scope, depth + 1)
        if what[:1] == ("def",) and len(bindings) == 1:
            return self._decorated(_as_node(what[1]), scope, depth + 1)
        return None

    def _decorated(self, node: ast.AST, scope: Scope, depth: int) -> Value | None:
        decorators = getattr(node, "decorator_list", [])
        if isinstance(node, ast.FunctionDef) and len(decorators) == 1:
            decorator = decorators[0].func if isinstance(decorators[0], ast.Call) else decorators[0]
            of = self.resolve(decorator, scope, depth)
            if of is None and isinstance(decorator, ast.Attribute):
                of = self.resolve(decorator.value, scope, depth)
            if of is not None and of == Value("instance", TASK):
                return Value("task", node.name)
            if of is not None and of.name in ("airflow.decorators.dag", "airflow.models.dag.dag"):
                return Value("dag", node.name)
        return None

    def _member(self, module: str, name: str) -> Value | None:
        what = self.index.what(module, name)
        if what.startswith("c:"):
            return Value("class", what[2:])
        if what.startswith("i:"):
            return Value("instance", what[2:])
        if what.startswith("f:"):
            return Value("function", f"{module}.{name}", what[2:])
        if self.index.knows_names_of(module) and not self.index.has_name(module, name):
            return None
        if not what and not self.index.names_it(module, name) and self.index.has_module(f"{module}.{name}"):
            return Value("module", f"{module}.{name}")
        return Value("object", f"{module}.{name}")

    def _attribute(self, base: Value, name: str) -> Value | None:
        if base.kind == "module":
            return self._member(base.name, name)
        if base.kind == "object":
            return Value("object", f"{base.name}.{name}")
        if base.kind == "instance" and name == "output" and self.index.is_operator(base.name):
            return Value("instance", XCOM_ARG)
        return None

    def _walk(self) -> None:
        """Fills items and the scopes' names. The stack holds what is still to be visited, the next one last."""
        stack: list[tuple[ast.AST, Scope, int, Item | None]] = [(self.tree, self.module, 0, None)]
        while stack:
            node, scope, flags, parent = stack.pop()
            item = Item(node, scope, flags, parent)
            self.items.append(item)
            self._bind(node, scope)
            stack.extend(reversed([(*child, item) for child in self._children(node, scope, flags)]))

    def _children(  # noqa: PLR0912 -- a kind of node each
        self, node: ast.AST, scope: Scope, flags: int
    ) -> Iterator[tuple[ast.AST, Scope, int]]:
        if isinstance(node, _FUNCTIONS):
            inner = Scope("function", scope, node)
            arguments = node.args
            for one in [
                *arguments.posonlyargs,
                *arguments.args,
                *arguments.kwonlyargs,
                arguments.vararg,
                arguments.kwarg,
            ]:
                if one is not None:
                    inner.bind(one.arg)
                    if one.annotation is not None:
                        yield one.annotation, scope, flags | ANNOTATION
            yield from (
                (each, scope, flags) for each in [*arguments.defaults, *arguments.kw_defaults] if each is not None
            )
            if isinstance(node, ast.Lambda):
                yield node.body, inner, flags | LATER
                return
            yield from ((each, scope, flags) for each in node.decorator_list)
            if node.returns is not None:
                yield node.returns, scope, flags | ANNOTATION
            yield from ((each, inner, flags | LATER) for each in node.body)
        elif isinstance(node, ast.ClassDef):
            inner = Scope("class", scope, node)
            yield from ((each, scope, flags) for each in [*node.bases, *node.keywords, *node.decorator_list])
            yield from ((each, inner, flags) for each in node.body)
        elif isinstance(node, _COMPREHENSIONS):
            inner = Scope("function", scope, node)
            yield from ((each, inner, flags) for each in ast.iter_child_nodes(node))
        elif isinstance(node, ast.AnnAssign):
            quoted = QUOTED if scope.kind == "function" else ANNOTATION
            yield node.target, scope, flags
            yield node.annotation, scope, flags | quoted
            if node.value is not None:
                yield node.value, scope, flags
        elif isinstance(node, ast.If) and _CONDITION.search(self.segment(node.test) or ""):
            yield node.test, scope, flags
            yield from ((each, scope, flags | GUARDED) for each in [*node.body, *node.orelse])
        elif isinstance(node, ast.Try) and any(_catches(handler) for handler in node.handlers):
            yield from ((each, scope, flags | GUARDED) for each in [*node.body, *node.handlers, *node.orelse])
            yield from ((each, scope, flags) for each in node.finalbody)
        elif isinstance(node, ast.With) and "suppress" in (self.segment(node.items[0].context_expr) or ""):
            yield from ((each, scope, flags | GUARDED) for each in ast.iter_child_nodes(node))
        else:
            yield from ((each, scope, flags) for each in ast.iter_child_nodes(node))

    def _bind(self, node: ast.AST, scope: Scope) -> None:  # noqa: PLR0912 -- a kind of node each
        if isinstance(node, ast.Import):
            for alias in node.names:
                scope.bind(
                    alias.asname or alias.name.partition(".")[0],
                    "import",
                    alias.name if alias.asname else alias.name.partition(".")[0],
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if node.level:
                    scope.bind(alias.asname or alias.name)
                else:
                    scope.bind(alias.asname or alias.name, "from", node.module, alias.name)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            scope.bind(node.name, "def", node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    scope.bind(target.id, "value", node.value)
        elif isinstance(node, ast.AnnAssign):
            if isinstance(node.target, ast.Name) and node.value is not None:
                scope.bind(node.target.id, "value", node.value)
        elif isinstance(node, ast.withitem):
            if isinstance(node.optional_vars, ast.Name):
                scope.bind(node.optional_vars.id, "value", node.context_expr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            self._bind_target(node, scope)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.bind(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                scope.bind(name)
                self.module.bind(name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
            self.stored_attributes.add(node.attr)
        elif type(node).__name__ in ("MatchAs", "MatchStar", "MatchMapping"):
            bound = getattr(node, "name", None) or getattr(node, "rest", None)
            if bound:
                scope.bind(bound)

    def _bind_target(self, node: ast.Name, scope: Scope) -> None:
        """A name that is stored to; a plain assignment has bound it with its value already."""
        parent = self.items[-1].parent
        around = parent.node if parent else None
        plain = (
            (isinstance(around, ast.Assign) and any(each is node for each in around.targets))
            or (isinstance(around, ast.AnnAssign) and around.target is node)
            or (isinstance(around, ast.withitem) and around.optional_vars is node)
        )
        if not plain:
            scope.bind(node.id)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in _CATCHES) for kind in kinds)


def _as_node(thing: object) -> ast.AST:
    assert isinstance(thing, ast.AST)
    return thing
