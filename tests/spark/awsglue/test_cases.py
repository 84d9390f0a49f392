"""Every function test_* of cases/, in the Spark interpreters of the versions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.spark import VERSIONS

CASES = Path(__file__).parent / "cases"


def functions(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


FOUND = [
    (version, file.stem, name)
    for version in VERSIONS
    for file in sorted(CASES.glob("*.py"))
    for name in functions(file)
]


@pytest.mark.parametrize(("version", "file", "name"), FOUND, ids=lambda value: value)
def test_in_spark(sessions, version, file, name):
    problem = sessions(version).call(CASES / f"{file}.py", name)
    assert problem is None, problem
