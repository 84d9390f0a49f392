"""What Airflow's environment holds, as `make check` compares DAG files with it. Run in that environment, by `make lock`:

    python -m mwaa_airflow.names FILE

Nothing here is written by hand: modules are imported, signatures and attributes are those of the objects. FILE is gzipped JSON,
the same bytes for the same environment:

    versions          {"python": "3.7.17", "airflow": "2.2.2", "apache-airflow-providers-amazon": "2.4.0", ...}
    modules           {module: {name: what}}; null: the module is there, its names are not known or made when asked for.
                      what: "c:ref" a class, "i:ref" an instance of one, "f:signature" a function, 0 anything else
    broken            {module: the module that it needs and that is not installed}
    classes           {ref: {"init": signature, "mro": [ref, ...], "own": {attribute: signature or 0}, "task": 1, "any": 1}},
                      of Airflow and its providers; ref is "module:name"; "task": an operator; "any": has attributes that
                      cannot be listed
    providers         the packages of all providers that Airflow of this version knows of, installed or not
    packages          {top-level module of another package: the distribution's name}
    standard          the standard library's top-level modules
    task_decorators   what follows `@task.`
    trigger_rules     the values of trigger_rule
    commands          {"supported": [...], "all": [...]}: Airflow's command line, and what of it MWAA takes

A signature is "a,b=,*,c,**": `=` has a default, `*` only keywords follow (`*args` takes any number), `**` takes any keyword.
"""

import ast
import contextlib
import gzip
import importlib
import importlib.machinery
import inspect
import io
import json
import os
import platform
import re
import sys
import sysconfig
import tempfile
import textwrap
import traceback
import types
import warnings

OUR_OWN = {"aws-local", "mwaa-airflow"}
# Run at import, need a database or a server, or are nobody's to import.
LEFT_OUT = re.compile(
    r"\.(migrations|example_dags|__main__|_vendor|gunicorn_config|node_modules|tests?|conftest)(\.|$)|^airflow\.www\.|^airflow\.upgrade"
)
# Their names depend on the machine on which Python was compiled.
OF_THE_MACHINE = frozenset(
    """
    os posix posixpath socket ssl select selectors signal resource fcntl errno curses tkinter dbm readline crypt spwd grp pwd
    termios tty pty syslog nis ossaudiodev mmap time sys sysconfig platform locale gettext bz2 lzma zlib sqlite3 ctypes
    multiprocessing asyncio faulthandler msilib winreg winsound msvcrt nt uuid hashlib turtle turtledemo
    """.split()  # noqa: SIM905
)
NEVER_IMPORTED = frozenset(
    "antigravity this idlelib lib2to3 test turtledemo ensurepip __main__ __phello__ distutils".split()  # noqa: SIM905
)


def build():
    """The whole document. Imports everything, so it belongs into a process of its own."""
    collected = Collected()
    ours = sorted(_files_below("airflow"))
    for name in ours:
        collected.load(name)
    _imported("airflow.models")  # if not even this can be imported, the reason is better than an index without a name
    _complete_models()
    for name in ours:
        collected.add(name)
    packages = _packages()
    for name in sorted(packages):
        collected.add_foreign(name)
    standard = _standard()
    for name in sorted(standard):
        collected.add_standard(name)
    return {
        "versions": _versions(),
        "modules": collected.modules,
        "broken": collected.broken,
        "classes": collected.classes,
        "providers": _providers(),
        "packages": packages,
        "standard": sorted(standard),
        "task_decorators": _task_decorators(),
        "trigger_rules": _trigger_rules(),
        "commands": _commands(),
    }


def as_bytes(document):
    """Gzipped JSON, without a time in it."""
    held = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=held, mtime=0, compresslevel=9) as file:
        file.write(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    return held.getvalue()


class Collected:
    """What has been found so far."""

    def __init__(self):
        self.modules, self.broken, self.classes = {}, {}, {}

    def load(self, name):
        """Imports a module of Airflow or of a provider, or notes why it cannot be."""
        self.modules[name] = None
        if not LEFT_OUT.search(name):
            try:
                _imported(name)
            except ImportError as problem:
                del self.modules[name]
                self.broken[name] = _missing(problem)
            except Exception:  # it is there, and needs more than an import
                return

    def add(self, name):
        """A module that was loaded, whole."""
        module = sys.modules.get(name)
        if name in self.modules and module is not None and not LEFT_OUT.search(name) and not _makes_names(module):
            self.modules[name] = {key: self._what(value) for key, value in _named(module)}

    def add_foreign(self, name):
        """Another package: the names of its top, and which modules it has."""
        for each in _files_below(name):
            if not re.search(r"\.(tests?|_\w+)(\.|$)", each):
                self.modules[each] = None
        with contextlib.suppress(Exception):
            module = _imported(name)
            self.modules[name] = None if _makes_names(module) else {key: 0 for key, _ in _named(module)}
        self.modules.setdefault(name, None)

    def add_standard(self, name):
        """A module of the standard library and what is below it."""
        for each in sorted({name} | {m for m in _files_below(name) if not re.search(r"\.(tests?|_\w+)(\.|$)", m)}):
            self.modules[each] = None
            if name not in OF_THE_MACHINE | NEVER_IMPORTED:
                with contextlib.suppress(Exception):
                    module = _imported(each)
                    self.modules[each] = None if _makes_names(module) else {key: 0 for key, _ in _named(module)}

    def _what(self, value):
        if inspect.isclass(value):
            return "c:" + self._class(value) if _of_airflow(value) else 0
        if inspect.isfunction(value):
            return "f:" + signature(value) if _of_airflow(value) else 0
        kind = type(value)
        return "i:" + self._class(kind) if _of_airflow(kind) and "<" not in kind.__qualname__ else 0

    def _class(self, cls):
        ref = "{}:{}".format(cls.__module__, cls.__qualname__)
        if ref not in self.classes:
            entry = self.classes[ref] = {}
            mro = inspect.getmro(cls)
            ours = [each for each in mro[1:] if _of_airflow(each)]
            entry["mro"] = [self._class(each) for each in ours]
            entry["own"] = self._own(cls, [each for each in mro if not _of_airflow(each) and each is not object])
            spec, complete = _init(cls)
            if spec is not None:
                entry["init"] = spec if complete else spec + ",**" if spec else "**"
            if any("__getattr__" in vars(each) or "__getattribute__" in vars(each) for each in mro[:-1]):
                entry["any"] = 1
            if hasattr(type(cls), "__getattr__"):
                entry["any"] = 1
            if _operator() in mro:
                entry["task"] = 1
        return ref

    @staticmethod
    def _own(kind, foreign):
        """Attributes of the class itself and of its bases outside of Airflow, and what its methods set on `self`."""
        found = {}
        for base in foreign:
            found.update((name, 0) for name in [*dir(base), *_set_on_self(base)] if not name.startswith("__"))
        for name, value in vars(kind).items():
            # what SQLAlchemy adds while it runs has an address in its name
            if not name.startswith("__") and not re.search(r"_\d{6,}", name):
                plain = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
                bound = not isinstance(value, staticmethod)
                found[name] = signature(plain, bound) if inspect.isfunction(plain) else 0
        for name in getattr(kind, "__annotations__", {}):
            found.setdefault(name, 0)
        for name in _set_on_self(kind):
            found.setdefault(name, 0)
        return found


def signature(function, bound=False):
    """See the module's text. `bound`: without its first parameter."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return "*args,**"
    if bound:
        parameters = parameters[1:]
    words, keywords_only = [], False
    for one in parameters:
        if one.kind is one.VAR_POSITIONAL:
            words.append("*args")
            keywords_only = True
        elif one.kind is one.VAR_KEYWORD:
            words.append("**")
        else:
            if one.kind is one.KEYWORD_ONLY and not keywords_only:
                words.append("*")
                keywords_only = True
            words.append(one.name + ("" if one.default is one.empty else "="))
    return ",".join(words)


def _init(cls):
    """(signature of the constructor with what its bases take through **kwargs, whether that is all it takes)."""
    words, seen, needs_id = [], set(), True
    for base in inspect.getmro(cls):
        own = vars(base).get("__init__")
        if own is None:
            continue
        if not inspect.isfunction(own):
            return (",".join(words) or None, base is object and bool(words))
        parts = [part for part in signature(own, bound=True).split(",") if part]
        outermost = not words
        for part in parts:
            bare = part.rstrip("=")
            # what a base class needs, the class in front of it may well give
            needed = outermost or (bare == "task_id" and needs_id)
            if part == "**" or bare in seen or (part in ("*", "*args") and not outermost):
                continue
            if not outermost and "*" not in words and "*args" not in words and part not in ("*", "*args"):
                words.append("*")
            seen.add(bare)
            words.append(part if needed or part in ("*", "*args") else bare + "=")
        if "**" not in parts or base is _operator():
            return ",".join(words), True
        taken, passed_on, gives = _keywords_of(own)
        needs_id = needs_id and "task_id" not in gives
        for name in sorted(taken - seen):
            seen.add(name)
            words.extend((["*"] if "*" not in words and "*args" not in words else []) + [name + "="])
        if not passed_on:
            return ",".join(words), False
    return ",".join(words), True


def _keywords_of(function):
    """What an __init__ does with **kwargs: (names it takes out, whether it hands the rest on, names it gives itself)."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError):
        return set(), False, set()
    definition = tree.body[0]
    name = definition.args.kwarg.arg if definition.args.kwarg else ""
    taken, passed_on, gives = set(), False, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if any(isinstance(k.value, ast.Name) and k.arg is None and k.value.id == name for k in node.keywords):
                passed_on = True
                gives.update(k.arg for k in node.keywords if k.arg)
            of = node.func.value if isinstance(node.func, ast.Attribute) else None
            if isinstance(of, ast.Name) and of.id == name and node.args and isinstance(node.args[0], ast.Str):
                taken.add(node.args[0].s)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name:
            key = getattr(node.slice, "value", None)
            if isinstance(key, ast.Str):
                (taken if isinstance(node.ctx, ast.Load) else gives).add(key.s)
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Str):
            if any(isinstance(each, ast.Name) and each.id == name for each in node.comparators):
                taken.add(node.left.s)
    return taken, passed_on, gives


def _makes_names(module):
    """Whether a module has names that cannot be listed: its __getattr__, or its class, asks something else for them."""
    made = vars(module).get("__getattr__")
    if type(module) is not types.ModuleType:
        return True
    return made is not None and (
        not inspect.isfunction(made) or "getattr(" in inspect.getsource(made).replace("__getattr__(", "")
    )


def _complete_models():
    """Relations that another model declares (backref) are attributes only once SQLAlchemy has seen all of them."""
    from sqlalchemy.orm import configure_mappers

    configure_mappers()


def _set_on_self(cls):
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and not node.attr.startswith("__")
        if stored and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            yield node.attr


def _missing(problem):
    """The module that an ImportError is about, as the import statement has it: `airflow.providers.apache.hive.hooks.hive`."""
    name = problem.name or str(problem).split("\n")[0][:100]
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        if "importlib" not in frame.filename:
            found = re.search(re.escape(name) + r"[\w.]*", frame.line or "")
            return found.group() if found else name
    return name


def _named(module):
    """(name, value) of a module, without the modules below it: whether those are attributes depends on who imported them."""
    for name in sorted(vars(module)):
        value = vars(module)[name]
        below = isinstance(value, types.ModuleType) and value.__name__ == "{}.{}".format(module.__name__, name)
        below = below and getattr(value, "__file__", None) is not None
        if not below and not (name.startswith("__") and name.endswith("__") and name != "__version__"):
            yield name, value
    if "__getattr__" in vars(module):
        # PEP 562: what it makes when asked stands in it
        for name in sorted(re.findall(r"[\"'](\w+)[\"']", inspect.getsource(vars(module)["__getattr__"]))):
            if name not in vars(module) and hasattr(module, name):
                yield name, getattr(module, name)


def _imported(name):
    """Without what it prints and warns of."""
    with contextlib.ExitStack() as quiet:
        quiet.enter_context(warnings.catch_warnings())
        quiet.enter_context(contextlib.redirect_stdout(io.StringIO()))
        quiet.enter_context(contextlib.redirect_stderr(io.StringIO()))
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def _of_airflow(thing):
    return (getattr(thing, "__module__", None) or "").split(".")[0] == "airflow"


def _operator():
    from airflow.models.baseoperator import BaseOperator

    return BaseOperator


def _files_below(name):
    """The modules of a package by its files, itself included; nothing for what is not made of files."""
    spec = importlib.machinery.PathFinder.find_spec(name)
    found = {name}
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for where, folders, files in os.walk(folder):
            folders[:] = sorted(f for f in folders if f.isidentifier() and f != "__pycache__")
            inner = os.path.relpath(where, folder)
            prefix = name if inner == "." else "{}.{}".format(name, inner.replace(os.sep, "."))
            for file in files:
                stem = re.sub(r"(\.cpython-\w+(-[\w-]+)?|\.abi3)?\.(so|py)$", "", file)
                if stem != file and (stem.isidentifier()):
                    found.add(prefix if stem == "__init__" else "{}.{}".format(prefix, stem))
    return found


def _distributions():
    from importlib_metadata import distributions

    for distribution in distributions():
        name = re.sub(r"[-_.]+", "-", distribution.metadata["Name"] or "").lower()
        if name and name not in OUR_OWN:
            yield name, distribution


def _versions():
    found = {name: each.version for name, each in _distributions() if name.startswith("apache-airflow")}
    return dict(found, python=platform.python_version(), airflow=found["apache-airflow"])


def _providers():
    from importlib_metadata import requires

    return sorted(
        set(re.findall(r"apache-airflow-providers-[a-z0-9-]*[a-z0-9]", "\n".join(requires("apache-airflow"))))
    )


def _packages():
    found = {}
    for name, distribution in _distributions():
        if name.startswith("apache-airflow"):
            continue
        for file in distribution.files or ():
            top = file.parts[0]
            stem = re.sub(r"(\.cpython-\w+(-[\w-]+)?|\.abi3)?\.(so|py)$", "", top) if len(file.parts) == 1 else top
            code = file.suffix in (".py", ".so") and (len(file.parts) > 1 or stem != top)
            if code and stem.isidentifier() and not stem.startswith("_"):
                found[stem] = min(name, found.get(stem, name))
    return found


def _standard():
    folder = sysconfig.get_paths()["stdlib"]
    names = {name for name in sys.builtin_module_names}
    for entry in os.listdir(folder):
        whole = os.path.join(folder, entry)
        if entry.endswith(".py") or os.path.isfile(os.path.join(whole, "__init__.py")):
            names.add(re.sub(r"\.py$", "", entry))
    # in C, and public: whether they could be compiled depends on the machine
    names |= {
        "array",
        "audioop",
        "binascii",
        "cmath",
        "crypt",
        "fcntl",
        "grp",
        "math",
        "mmap",
        "nis",
        "ossaudiodev",
        "parser",
    }
    names |= {"pyexpat", "readline", "resource", "select", "spwd", "syslog", "termios", "unicodedata", "zlib"}
    return {name for name in names if not name.startswith("_") and name.isidentifier()} | {"__future__"}


def _task_decorators():
    from airflow.decorators import task
    from airflow.providers_manager import ProvidersManager

    return sorted({name for name in dir(type(task)) if name[0] != "_"} | set(ProvidersManager().taskflow_decorators))


def _trigger_rules():
    from airflow.utils.trigger_rule import TriggerRule

    return sorted(TriggerRule.all_triggers())


def _commands():
    from airflow.cli.cli_parser import GroupCommand, airflow_commands

    from mwaa_airflow.web.commands import SUPPORTED

    known = []
    for one in airflow_commands:
        known += (
            ["{} {}".format(one.name, sub.name) for sub in one.subcommands]
            if isinstance(one, GroupCommand)
            else [one.name]
        )
    return {"supported": sorted(" ".join(words) for words in SUPPORTED), "all": sorted(known)}


def main():
    with tempfile.TemporaryDirectory(prefix="names-") as home:
        # Airflow writes its configuration where it is told to; nobody's own settings count
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            del os.environ[name]
        os.environ.update(AIRFLOW_HOME=home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
        content = as_bytes(build())
    with open(sys.argv[1], "wb") as file:
        file.write(content)


if __name__ == "__main__":
    main()
