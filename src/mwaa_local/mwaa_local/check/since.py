"""Which later version brought a name: made from wheels of later versions, never by hand.

    python -m mwaa_local.check.since FOLDER data/since.json.gz     FOLDER holds the wheels (pip download --no-deps ...)

names     {"module", "module.Name", "module.Class.attribute", "module.Class(parameter)": "Airflow 2.4.0" or "provider 3.0.0"}
instead   {"module.NewName": "module.OldName"}: the name that 2.2.2 and 2.4.0 have for the same thing. A later version that still
          has the old one says so itself: `class Old(New)` in the same module, or an old module that imports the new one's names.

Only what names.json.gz does not have is kept. Whether a name exists is never decided here.
"""

from __future__ import annotations

import ast
import gzip
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mwaa_local.check.index import Index

_LEFT_OUT = re.compile(r"(^|/)(tests?|system|example_dags|migrations|_vendor|www|node_modules|api_fastapi|ui)/")
# What `@task` and `@task.` give, and what .partial() gives.
_WITHOUT_A_CLASS = {
    "airflow.decorators.TaskDecoratorCollection", "airflow.decorators.base.Task", "airflow.decorators.base.TaskDecorator",
    "airflow.models.mappedoperator.OperatorPartial",
}  # fmt: skip
# After this one the provider's versions were looked at no more, but for the last.
_LAST_OF_ALL = "8.0.0"


def collect(wheels: list[Path], index: Index) -> dict[str, dict[str, str]]:
    """The document, from wheels of any order."""
    in_order = sorted(wheels, key=_version)
    instead: dict[str, str] = {}
    for wheel in in_order:
        for module, _, tree in _modules(wheel):
            for new, old in _renamed(module, tree):
                if not _is_there(new, index) and index.class_at(old):
                    instead.setdefault(new, old)
    names: dict[str, str] = {}
    for wheel in in_order:
        label = _label(wheel)
        for module, is_package, tree in _modules(wheel):
            for name in _names(module, tree, is_package):
                if name not in names and not _is_there(name, index, instead):
                    names[name] = label
    return {"names": names, "instead": instead}


def _version(wheel: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in wheel.name.split("-")[1].split("."))


def _label(wheel: Path) -> str:
    name, version = wheel.name.split("-")[:2]
    if "amazon" in name:
        newer = _version(wheel) > tuple(int(part) for part in _LAST_OF_ALL.split("."))
        return f"provider {'after ' + _LAST_OF_ALL if newer else version}"
    return "Airflow 3.0.0" if name != "apache_airflow" else f"Airflow {version}"


def _modules(wheel: Path) -> Iterator[tuple[str, bool, ast.Module]]:
    """(module, whether it is a package, its tree)"""
    provider = "amazon" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            ours = name.startswith("airflow/providers/amazon/") if provider else name.startswith("airflow/")
            if name.endswith(".py") and ours and not _LEFT_OUT.search(name) and (provider or "/providers/" not in name):
                module = re.sub(r"(/__init__)?\.py$", "", name).replace("/", ".")
                yield module, name.endswith("/__init__.py"), ast.parse(archive.read(name))


def _names(module: str, tree: ast.Module, is_package: bool) -> Iterator[str]:
    yield module
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            yield f"{module}.{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from _members(f"{module}.{node.name}", node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and re.match(r"[a-zA-Z]\w*$", target.id):
                    yield f"{module}.{target.id}"
        elif is_package and isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow"):
            for alias in node.names:
                if alias.name != "*" and not (alias.asname or alias.name).startswith("_"):
                    yield f"{module}.{alias.asname or alias.name}"


def _members(owner: str, node: ast.ClassDef) -> Iterator[str]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef):
            if each.name == "__init__":
                for argument in [*each.args.args[1:], *each.args.kwonlyargs]:
                    yield f"{owner}({argument.arg})"
            elif not each.name.startswith("_"):
                yield f"{owner}.{each.name}"
        elif isinstance(each, (ast.Assign, ast.AnnAssign)):
            for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    yield f"{owner}.{target.id}"


def _renamed(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    imported: dict[str, str] = {}
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    deprecated = "deprecated" in (ast.get_docstring(tree) or "")
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("airflow"):
            for alias in node.names:
                imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                if deprecated:
                    yield f"{node.module}.{alias.name}", f"{module}.{alias.asname or alias.name}"
        elif isinstance(node, ast.ClassDef):
            # nothing but a docstring, a warning and what hands its arguments on
            says = len(node.body) <= 3 and "deprecated" in ast.dump(node)
            for base in node.bases:
                if says and isinstance(base, ast.Name):
                    new = f"{module}.{base.id}" if base.id in classes else imported.get(base.id)
                    if new:
                        yield new, f"{module}.{node.name}"


def _is_there(name: str, index: Index, instead: dict[str, str] | None = None) -> bool:
    """A name as _names writes it; arguments and attributes of a renamed class are those of the old one."""
    instead = instead or {}
    found = re.fullmatch(r"(.+)\((\w+)\)", name)
    if found:
        entry = index.class_at(instead.get(found[1], found[1]))
        return entry is None or index.takes(entry, found[2])
    if index.has_module(name):
        return True
    owner, _, last = name.rpartition(".")
    if index.has_module(owner):
        return index.has_name(owner, last)
    entry = index.class_at(instead.get(owner, owner))
    if entry is not None:
        return index.has_attribute(entry, last)
    # an attribute of a class that is new itself says no more than the class, but for what 2.2.2 has without a class
    return owner.rpartition(".")[2][:1].isupper() and owner not in _WITHOUT_A_CLASS


def main() -> None:
    wheels = [path for path in Path(sys.argv[1]).rglob("*.whl")]
    document = collect(wheels, Index.load())
    held = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=held, mtime=0, compresslevel=9) as file:
        file.write(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    Path(sys.argv[2]).write_bytes(held.getvalue())


if __name__ == "__main__":
    main()
