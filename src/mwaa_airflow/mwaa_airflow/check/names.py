"""Which modules and names a distribution has, read from its files: nothing is imported."""

import ast
import os
import re
import tarfile
import zipfile

_NOT_FOR_DAGS = re.compile(r"(^|\.)(tests?|example_dags)(\.|$)")


class Module:
    """`names` are all that its top level binds, `own` the public classes, functions and constants among them that it defines.
    `open` where more may be there than can be read: a module-level __getattr__, or a star import from elsewhere."""

    def __init__(self):
        self.names, self.own, self.stars, self.open = set(), set(), [], False


def parse(name, source, is_package):
    """The Module of a source text; one that is open where the text is no Python."""
    module = Module()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        module.open = True
        return module
    for node in _top_level(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            module.own.add(node.name)
        elif isinstance(node, ast.Import):
            module.names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            _add_import(module, node, name, is_package)
        else:
            module.own.update(_assigned(node))
    module.open = module.open or "__getattr__" in module.own
    module.names |= module.own
    module.own = {one for one in module.own if not one.startswith("_") and one not in ("log", "logger")}
    return module


def _top_level(body):
    """The statements that run on import, also those below `if`, `try` and `with`."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
                yield from _top_level(getattr(node, part, ()))
        for handler in getattr(node, "handlers", ()):
            yield from _top_level(handler.body)


def _add_import(module, node, name, is_package):
    for alias in node.names:
        if alias.name != "*":
            module.names.add(alias.asname or alias.name)
            continue
        parts = name.split(".") if is_package else name.split(".")[:-1]
        base = parts[: len(parts) - node.level + 1] if node.level else []
        module.stars.append(".".join(base + ([node.module] if node.module else [])))


def _assigned(node):
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {one.id for target in targets if target for one in ast.walk(target) if isinstance(one, ast.Name)}


def _modules(files):
    """{name: Module} of (path below site-packages, function that reads it)."""
    found = {}
    for path, read in files:
        if not path.endswith(".py") or path.startswith("..") or ".dist-info/" in path or ".data/" in path:
            continue
        name = path[:-3].replace("/", ".")
        is_package = name.endswith(".__init__")
        name = name[: -len(".__init__")] if is_package else name
        found[name] = parse(name, read(), is_package)
    for module in found.values():
        _take_stars(module, found, set())
    return found


def _take_stars(module, found, seen):
    for other in module.stars:
        if other not in found:
            module.open = True
        elif other not in seen:
            _take_stars(found[other], found, seen | {other})
            module.names |= {one for one in found[other].names if not one.startswith("_")}
            module.open = module.open or found[other].open


def of_archive(path):
    """Of a wheel or a source distribution."""
    if path.endswith((".whl", ".zip")):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if path.endswith(".zip"):
                return _modules((_below_root(one), lambda one=one: archive.read(one)) for one in names)
            return _modules((one, lambda one=one: archive.read(one)) for one in names)
    with tarfile.open(path) as archive:
        members = [one for one in archive.getmembers() if one.isfile()]
        return _modules((_below_root(one.name), lambda one=one: archive.extractfile(one).read()) for one in members)


def _below_root(path):
    """A source distribution has all in one folder, and some have their packages in src/."""
    path = path.partition("/")[2]
    return path[4:] if path.startswith("src/") else path


def of_installed(site_packages, information):
    """Of what is installed; `information` is its folder *.dist-info, whose RECORD names the files. {} where there is none."""
    try:
        with open(os.path.join(information, "RECORD"), encoding="utf-8") as file:
            paths = [line.rsplit(",", 2)[0].strip('"') for line in file.read().splitlines() if line]
    except OSError:
        return {}

    def read(path):
        with open(os.path.join(site_packages, path), "rb") as file:
            return file.read()

    there = [path for path in paths if os.path.isfile(os.path.join(site_packages, path))]
    return _modules((path, lambda path=path: read(path)) for path in there)


def has(modules, module, name):
    """Whether `from module import name` may work: it does, or what the module has cannot be told."""
    if "{}.{}".format(module, name) in modules:
        return True
    there = modules.get(module)
    return there is not None and (there.open or name in there.names)


def gone(old, new):
    """({modules that are no more}, {module: names that are no more}) for what a DAG may use: what a module defines, or, where it
    defines nothing and passes other modules' names on, those."""
    modules, names = [], {}
    for name, module in sorted(old.items()):
        if _NOT_FOR_DAGS.search(name) or name.split(".")[-1].startswith("_"):
            continue
        public = module.own or {one for one in module.names if not one.startswith("_") and one != "warnings"}
        if name not in new:
            modules.append(name)
        lost = sorted(one for one in public if not has(new, name, one))
        if lost:
            names[name] = lost
    return modules, names
