"""Which files import a module below dags/ or plugins/, directly or through others, from their text alone."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from mwaa_local.check.project import python_files


class Imports:
    """The graph of imports among the files below some roots, each of which is on Python's path."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = list(roots)
        self._of: dict[Path, frozenset[str]] = {}
        for root in self.roots:
            for file in python_files(root):
                self.look_at(file)

    def look_at(self, file: Path) -> None:
        """Reads a file again; one that is gone or does not parse keeps the imports that it had."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            self._of.setdefault(file, frozenset())
            return
        self._of[file] = frozenset(_imported(tree, self._package(file)))

    def importers(self, modules: Iterable[Path]) -> set[Path]:
        """Every file that needs one of these, and these."""
        found = set(modules)
        todo = list(found)
        while todo:
            names = self.names(todo.pop())
            more = {file for file, imported in self._of.items() if names & imported} - found
            found |= more
            todo.extend(more)
        return found

    def names(self, file: Path) -> frozenset[str]:
        """What a file is called in an import: of the package `common`, for `common/__init__.py`; none for a file elsewhere."""
        names = set()
        for root in self.roots:
            if file.is_relative_to(root):
                parts = file.relative_to(root).with_suffix("").parts
                parts = parts[:-1] if parts[-1] == "__init__" else parts
                if parts:
                    names.add(".".join(parts))
        return frozenset(names)

    def _package(self, file: Path) -> list[str]:
        root = next((root for root in self.roots if file.is_relative_to(root)), file.parent)
        return list(file.relative_to(root).parts[:-1])


def _imported(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Every dotted name that an import of the file runs: `from a.b import c` runs a, a.b, and a.b.c if that is a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield from _with_packages(each.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from _with_packages(module)
            yield from (f"{module}.{each.name}" if module else each.name for each in node.names)
        elif isinstance(node, ast.Call) and _is_import_module(node.func) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield from _with_packages(first.value)


def _is_import_module(called: ast.expr) -> bool:
    return getattr(called, "attr", getattr(called, "id", "")) in ("import_module", "__import__")


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
