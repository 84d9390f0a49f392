"""Which modules and names Python files use of others: by their import statements, and by attributes of what they imported."""

import ast
import os

from mwaa_airflow.check import names


def of_folder(folder):
    """(file below the folder, line, module, name or "") of every use; files that are no Python are left out."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", ".git"))
        for file in sorted(files):
            if file.endswith(".py"):
                path = os.path.join(root, file)
                with open(path, "rb") as opened:
                    source = opened.read()
                for line, module, name in of_source(source):
                    yield os.path.relpath(path, folder), line, module, name


def of_source(source):
    """(line, module, name or "") of every use in a source text."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    modules = {}  # what a name in this file stands for, where that may be a module
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
                if alias.asname:
                    modules[alias.asname] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if alias.name != "*":
                    yield node.lineno, node.module, alias.name
                    modules[alias.asname or alias.name] = "{}.{}".format(node.module, alias.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node.value)
            if dotted:
                first, _, rest = dotted.partition(".")
                yield node.lineno, modules.get(first, first) + ("." + rest if rest else ""), node.attr


def _dotted(node):
    """a.b.c of an expression that is nothing but names, else ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return before and "{}.{}".format(before, node.attr)
    return ""


def broken(folder, old, new):
    """The uses in a folder of what the modules `old` have and `new` have not: {"file", "line", "module", "name"}."""
    found = []
    for file, line, module, name in of_folder(folder):
        there = old.get(module)
        if there is None:
            continue
        if not name:
            lost = module not in new
        else:
            known = name in there.names or "{}.{}".format(module, name) in old
            lost = (known or module not in new) and not names.has(new, module, name)
        one = {"file": file.replace(os.sep, "/"), "line": line, "module": module, "name": name}
        if lost and one not in found:
            found.append(one)
    return found
