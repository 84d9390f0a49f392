"""A file as text and as a tree; or, if it is neither, the finding that says why. Nothing here raises for what a file holds."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings

from mwaa_local.check.finding import RULES, Finding

LARGEST = 2 * 1024 * 1024
"""Bytes. A tree takes some two hundred times its text; MWAA's scheduler has 2 GB, and 30 seconds for a file."""
DEEPEST_37 = 90
"""Brackets inside each other that Python 3.7 reads: its parser's stack overflows (MemoryError) soon after."""


class Unreadable(Exception):
    """The file cannot be checked; `finding` says why."""

    def __init__(self, rule: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.finding = Finding(line, column, rule, message, RULES[rule].fix)


def text_of(content: bytes) -> str:
    """Decodes as Python does: UTF-8, unless a byte order mark or a coding line says otherwise; lines end with LF. Raises
    Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(
            "MW004", f"The file has {len(content) / 1e6:.1f} MB: it was not checked (limit {LARGEST / 1e6:.1f} MB)"
        )
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise Unreadable("MW001", "The file holds a NUL byte: Python does not read it", line)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError as problem:
        encoding = "utf-8"
        if b"coding" in content[:300]:
            raise Unreadable("MW001", f"The coding line cannot be used: {problem}") from None
    try:
        return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except (UnicodeDecodeError, LookupError) as problem:
        line = content[: problem.start].count(b"\n") + 1 if isinstance(problem, UnicodeDecodeError) else 1
        raise Unreadable(
            "MW001", f"The file is not {encoding.upper()}, and has no coding line that says what it is", line
        ) from None


def tree_of(text: str) -> ast.Module:
    """Parses with this Python's own parser. Raises Unreadable: MW001 for what no Python reads, MW002 for what only a later
    one does, MW004 for what no parser can take."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as problem:
        raise _of_syntax_error(problem, text) from None
    except (RecursionError, MemoryError):
        raise Unreadable("MW004", "The code is nested too deeply for any parser: it was not checked") from None
    except ValueError as problem:  # an integer of more digits than Python converts
        raise Unreadable("MW001", f"Python does not read the file: {problem}") from None
    return tree


def _of_syntax_error(problem: SyntaxError, text: str) -> Unreadable:
    line, column = problem.lineno or 1, problem.offset or 1
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    said = problem.msg or "invalid syntax"
    if "too many nested" in said or "too many statically nested" in said or "too many levels of indentation" in said:
        return Unreadable("MW004", f"Python does not read the file: {said}", line, column)
    later = _later_than_this_python(here)
    if later:
        return Unreadable("MW002", f"{later}, and Python 3.7 does not read it", line, column)
    return Unreadable("MW001", f"Python does not read the file: {said}", line, column)


def _later_than_this_python(line: str) -> str:
    """Statements of Pythons later than the one that parses here, by how their line begins."""
    for version, pattern, what in (
        ((3, 10), r"\s*match\b.*:\s*(#.*)?$", "`match` came with Python 3.10"),
        ((3, 10), r"\s*case\b.*:\s*(#.*)?$", "`match` came with Python 3.10"),
        ((3, 11), r"\s*except\s*\*", "`except*` came with Python 3.11"),
        ((3, 12), r"\s*type\s+\w+(\[.*\])?\s*=", "`type X = ...` came with Python 3.12"),
        ((3, 12), r"\s*(def|class)\s+\w+\[", "type parameters came with Python 3.12"),
    ):
        if sys.version_info < version and re.match(pattern, line):
            return what
    return ""


def depth_of_brackets(text: str) -> tuple[int, int]:
    """(the most brackets that are open at once, the line of the innermost), strings and comments left out."""
    if max(text.count(sign) for sign in "([{") < DEEPEST_37:
        return 0, 1
    depth = deepest = 0
    line = 1
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP and token.string in "([{":
                depth += 1
                if depth > deepest:
                    deepest, line = depth, token.start[0]
            elif token.type == tokenize.OP and token.string in ")]}":
                depth -= 1
    except (tokenize.TokenError, SyntaxError):  # what ast reads and tokenize does not
        return deepest, line
    return deepest, line
