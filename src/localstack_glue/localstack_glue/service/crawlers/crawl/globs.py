r"""Exclude patterns of a crawler, as the guide describes them ("Include and exclude patterns").

    *       any characters within a folder's name     **      any characters, over folders
    ?       one character within a name               \       the next character as it is
    [a-c]   one of these, [!a-c] none of these        {a,b}   one of these patterns

A pattern is held against the object's path below the include path, from its beginning to its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def excluder(patterns: list[str]) -> Callable[[str], bool]:
    """Whether a path is excluded by one of the patterns."""
    compiled = [compile_glob(pattern) for pattern in patterns]
    return lambda path: any(each.fullmatch(path) for each in compiled)


def compile_glob(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_tokens(pattern)), re.DOTALL)


def _tokens(pattern: str) -> list[str]:
    found, at, depth = [], 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            double = pattern.startswith("**", at)
            found.append(".*" if double else "[^/]*")
            at += double
        elif char == "?":
            found.append("[^/]")
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            found.append(re.escape(pattern[at]))
        elif char == "[" and (end := pattern.find("]", at + 2)) > 0:
            found.append(_bracket(pattern[at + 1 : end]))
            at = end
        elif char == "{":
            depth += 1
            found.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            found.append(")")
        elif char == "," and depth:
            found.append("|")
        else:
            found.append(re.escape(char))
        at += 1
    return [*found, ")" * depth]  # a brace that nobody closed is closed at the end


def _bracket(inside: str) -> str:
    negated = inside.startswith("!")
    characters = inside[negated:].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
    return f"(?!/)[{'^' if negated else ''}{characters}]"
