"""Rules MW0: what a later Python reads and Python 3.7 does not."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterator

from mwaa_local.check.finding import Finding, at
from mwaa_local.check.scopes import ANNOTATION, GUARDED, QUOTED, File, Item
from mwaa_local.check.source import DEEPEST_37, depth_of_brackets

# Statements and expressions by the name of their node: some are not known to the oldest Python that runs this.
_LATER_NODES = {
    "NamedExpr": ("`:=`", "3.8"),
    "Match": ("`match`", "3.10"),
    "TryStar": ("`except*`", "3.11"),
    "TypeAlias": ("`type X = ...`", "3.12"),
    "TemplateStr": ("t-strings", "3.14"),
}
_GENERIC = {"list", "dict", "set", "frozenset", "tuple", "type"}
_GENERIC_COLLECTIONS = {"deque", "defaultdict", "OrderedDict", "Counter", "ChainMap"}
_DEPTH_OF_BLOCKS = 20


def check(file: File) -> Iterator[Finding]:
    found = list(_nodes(file))
    lines = {finding.line for finding in found}
    yield from found
    yield from (finding for finding in _by_the_parser(file) if not lines & {finding.line, finding.line - 1})
    yield from _types(file)
    depth, line = depth_of_brackets(file.text)
    if depth > DEEPEST_37:
        yield Finding(
            line, 1, "MW004", f"{depth} brackets inside each other: Python 3.7's parser takes some {DEEPEST_37}",
            "give parts of it names",
        )  # fmt: skip


def _nodes(file: File) -> Iterator[Finding]:  # noqa: PLR0912 -- a kind of node each
    for item in file.items:
        node, kind = item.node, type(item.node).__name__
        if kind in _LATER_NODES:
            what, version = _LATER_NODES[kind]
            yield _later(node, what, version)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if getattr(node, "type_params", None):
                yield _later(node, "Type parameters", "3.12")
            for decorator in node.decorator_list:
                if not _old_decorator(decorator):
                    yield _later(decorator, "A decorator that is more than a dotted name and a call", "3.9")
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and node.args.posonlyargs:
            yield _later(node.args.posonlyargs[0], "Positional-only parameters (`/`)", "3.8")
        elif isinstance(node, (ast.Return, ast.Expr)) and _bare_star(file, node):
            yield _later(node, "`*` in a tuple without parentheses here", "3.8")
        elif isinstance(node, ast.Subscript) and _starred_index(node):
            yield _later(node, "`*` in an index", "3.11")
        elif isinstance(node, ast.JoinedStr):
            yield from _format(file, node)
        elif isinstance(node, ast.Try):
            yield from _continue_in_finally(node)
        elif isinstance(node, (ast.With, ast.AsyncWith)) and _in_parentheses(file, node):
            yield _later(node, "Parentheses round what follows `with`", "3.9")
    if sys.version_info >= (3, 12):
        yield from _format_tokens(file)


def _by_the_parser(file: File) -> Iterator[Finding]:
    """What this Python's parser itself knows to be later than 3.7; it stops at the first."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(file.text, feature_version=(3, 7))
    except SyntaxError as problem:
        if "arenthesized context managers" in (problem.msg or ""):
            return  # it says so of `with (a): ...` as well, which is old
        said = (problem.msg or "").replace(" is only supported in Python ", " came with Python ")
        said = said.replace(" are only supported in Python ", " came with Python ").replace(" and greater", "")
        yield Finding(
            problem.lineno or 1, problem.offset or 1, "MW002", f"{said}; Python 3.7 does not read it",
            "write it as Python 3.7 reads it",
        )  # fmt: skip
    except (RecursionError, MemoryError, ValueError):
        return


def _later(node: ast.AST, what: str, version: str) -> Finding:
    return at(node, "MW002", f"{what} came with Python {version}; Python 3.7 does not read it")


def _old_decorator(node: ast.expr) -> bool:
    """What 3.7 takes: a dotted name, called or not."""
    if isinstance(node, ast.Call):
        node = node.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _bare_star(file: File, node: ast.Return | ast.Expr) -> bool:
    """`return 1, *rest` and `yield 1, *rest`; in parentheses both are old."""
    value = node.value
    if isinstance(value, ast.Yield):
        value = value.value
    elif not isinstance(node, ast.Return):
        return False
    if not isinstance(value, ast.Tuple) or not any(isinstance(each, ast.Starred) for each in value.elts):
        return False
    return not (file.segment(value) or "(").startswith("(")


def _starred_index(node: ast.Subscript) -> bool:
    inner = node.slice
    return isinstance(inner, ast.Tuple) and any(isinstance(each, ast.Starred) for each in inner.elts)


def _in_parentheses(file: File, node: ast.With | ast.AsyncWith) -> bool:
    """Whether more brackets open in front of the first expression than close behind it: those are the statement's own."""
    first = node.items[0].context_expr
    before = file.between((node.lineno, node.col_offset), (first.lineno, first.col_offset))
    if "(" not in before:
        return False
    last_line, last_column = first.end_lineno or first.lineno, first.end_col_offset or 0
    behind = file.between((last_line, last_column), (last_line + 3, 0))
    closing = re.match(r"[\s)]*", re.sub(r"#.*", "", behind))
    return re.sub(r"#.*", "", before).count("(") > (closing.group().count(")") if closing else 0)


def _continue_in_finally(node: ast.Try) -> Iterator[Finding]:
    todo: list[ast.AST] = list(node.finalbody)
    while todo:
        each = todo.pop()
        if isinstance(each, ast.Continue):
            yield _later(each, "`continue` in `finally`", "3.8")
        elif not isinstance(
            each, (ast.For, ast.While, ast.AsyncFor, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            todo.extend(ast.iter_child_nodes(each))


def _format(file: File, node: ast.JoinedStr) -> Iterator[Finding]:
    """`f"{x=}"`: the tree has it as text and value, so the text in front of a value is compared with how it is written."""
    for text, value in zip(node.values, node.values[1:]):
        if isinstance(text, ast.Constant) and isinstance(value, ast.FormattedValue) and isinstance(text.value, str):
            written = text.value.rstrip()
            if written.endswith("=") and not written.endswith(("==", "!=", "<=", ">=")):
                try:
                    expression = ast.unparse(value.value)
                except (RecursionError, ValueError):
                    continue
                bare = written[:-1].rstrip()
                same = bare.replace(" ", "").replace('"', "'").endswith(expression.replace(" ", ""))
                if same and "{" + _last(bare, expression) in (file.segment(node) or "").replace("{{", ""):
                    yield _later(node, '`f"{x=}"`', "3.8")


def _last(text: str, expression: str) -> str:
    """The end of a text that is an expression, as it was written."""
    wanted = len(expression.replace(" ", ""))
    count = 0
    for start in range(len(text) - 1, -1, -1):
        count += text[start] != " "
        if count == wanted:
            return text[start:] + "="
    return text + "="


def _format_tokens(file: File) -> Iterator[Finding]:
    """PEP 701: the same quotes, a backslash or a comment inside of `{}`. Only Pythons that read it have these tokens."""
    if "f'" not in file.text.lower() and 'f"' not in file.text.lower():
        return
    open_quotes: list[str] = []
    start = getattr(tokenize, "FSTRING_START", -1)
    end = getattr(tokenize, "FSTRING_END", -1)
    try:
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
            quote = token.string.lstrip("rRbBuUfF")[:3]
            quote = quote if quote in ("'''", '"""') else quote[:1]
            if open_quotes and (
                (token.type in (tokenize.STRING, start) and (quote in open_quotes or "\\" in token.string))
                or token.type == tokenize.COMMENT
            ):
                yield Finding(
                    token.start[0], token.start[1] + 1, "MW002",
                    "The same quotes, a backslash or a comment inside of an f-string's {} came with Python 3.12; Python 3.7 "
                    "does not read it",
                    "give the value a name in front of the string",
                )  # fmt: skip
            if token.type == start:
                open_quotes.append(quote)
            elif token.type == end and open_quotes:
                open_quotes.pop()
    except (tokenize.TokenError, SyntaxError):
        return


def _types(file: File) -> Iterator[Finding]:
    """MW003: `list[str]` and `X | None` where Python 3.7 evaluates them."""
    postponed = file.postponed_annotations
    for item in file.items:
        if item.flags & (GUARDED | QUOTED) or (item.flags & ANNOTATION and postponed):
            continue
        node = item.node
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            name = _builtin_generic(file, item, node.value)
            if name:
                yield at(node, "MW003", f"`{name}[...]` came with Python 3.9: in 3.7 it is a TypeError")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            if _is_type(file, item, node.left) and _is_type(file, item, node.right):
                yield at(node, "MW003", "`X | Y` for types came with Python 3.10: in 3.7 it is a TypeError")
            elif isinstance(node.left, ast.Dict) and isinstance(node.right, ast.Dict):
                yield at(
                    node,
                    "MW003",
                    "`|` for dicts came with Python 3.9: in 3.7 it is a TypeError",
                    "write {**first, **second}",
                )


def _builtin_generic(file: File, item: Item, node: ast.expr) -> str:
    if isinstance(node, ast.Name) and node.id in _GENERIC and not file.is_bound(node.id, item.scope):
        return node.id
    found = file.resolve(node, item.scope)
    if found and found.kind == "object" and found.name.partition(".")[0] == "collections":
        name = found.name.rpartition(".")[2]
        return name if name in _GENERIC_COLLECTIONS or found.name.startswith("collections.abc.") else ""
    return ""


def _is_type(file: File, item: Item, node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None and bool(item.flags & ANNOTATION)
    if isinstance(node, ast.Name) and not file.is_bound(node.id, item.scope):
        return node.id in _GENERIC | {"str", "int", "float", "bool", "bytes", "object", "complex"}
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitOr) and bool(item.flags & ANNOTATION)
    if isinstance(node, ast.Subscript):
        return bool(item.flags & ANNOTATION)
    return bool(item.flags & ANNOTATION)
