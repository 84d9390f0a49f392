"""What Airflow 2.2.2's environment holds, as questions. The data is data/names.json.gz; its form: mwaa_airflow/names.py."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
OPERATOR = "airflow.models.baseoperator:BaseOperator"
DAG = "airflow.models.dag:DAG"
TASK = "airflow.decorators:_TaskDecorator"


@dataclass(frozen=True)
class Signature:
    """What a function takes. `positional` in order; `required` of all; `anything`: any keyword; `more`: any number of values."""

    positional: tuple[str, ...]
    names: frozenset[str]
    required: tuple[str, ...]
    anything: bool
    more: bool


@lru_cache(maxsize=4096)
def signature(spec: str) -> Signature:
    """Reads "a,b=,*,c,**" (see mwaa_airflow/names.py)."""
    positional: list[str] = []
    names: list[str] = []
    required: list[str] = []
    anything = more = only_keywords = False
    for word in spec.split(",") if spec else []:
        if word == "**":
            anything = True
        elif word in ("*", "*args"):
            only_keywords, more = True, word == "*args"
        else:
            name = word.rstrip("=")
            names.append(name)
            if not only_keywords:
                positional.append(name)
            if not word.endswith("="):
                required.append(name)
    return Signature(tuple(positional), frozenset(names), tuple(required), anything, more)


class Index:
    """Reads nothing but the two files; every answer is of Airflow 2.2.2, provider 2.4.0 and Python 3.7."""

    def __init__(self, names: dict[str, Any], since: dict[str, dict[str, str]]) -> None:
        self.versions: dict[str, str] = names["versions"]
        self._modules: dict[str, dict[str, Any] | None] = names["modules"]
        self._folders = {name.rpartition(".")[0] for name in self._modules} - {""}
        self.broken: dict[str, str] = names["broken"]
        self._classes: dict[str, dict[str, Any]] = names["classes"]
        self.packages: dict[str, str] = names["packages"]
        self.known_providers = frozenset(names["providers"])
        self.standard = frozenset(names["standard"])
        self.task_decorators = frozenset(names["task_decorators"])
        self.trigger_rules = frozenset(names["trigger_rules"])
        self.commands_supported = frozenset(names["commands"]["supported"])
        self.commands = frozenset(names["commands"]["all"])
        self._since = since["names"]
        self._instead = since["instead"]
        self._later = {old: new for new, old in self._instead.items()}
        self.providers = frozenset(
            name.partition("airflow-providers-")[2] for name in self.versions if "airflow-providers-" in name
        )

    @classmethod
    def load(cls, folder: Path = DATA) -> Index:
        since = folder / "since.json.gz"
        nothing: dict[str, Any] = {"names": {}, "instead": {}}
        return cls(_read(folder / "names.json.gz"), _read(since) if since.is_file() else nothing)

    def has_module(self, module: str) -> bool:
        """Also what is left open: modules that are private or tests, of other packages, and what is below a module that is no
        package: `os.path` and `six.moves.x` are put into sys.modules by a program."""
        if self._lists(module):
            return True
        top, *parts = module.split(".")
        if top == "airflow":
            return False
        if any(part.startswith("_") or part in ("test", "tests") for part in parts):
            return True
        above = [".".join([top, *parts[:length]]) for length in range(len(parts))]
        return any(name in self._modules and name not in self._folders for name in above)

    def _lists(self, module: str) -> bool:
        return module in self._modules or module in self.broken or module in self._folders

    def knows_names_of(self, module: str) -> bool:
        """Whether what is not listed is not there."""
        return self._modules.get(module) is not None

    def has_name(self, module: str, name: str) -> bool:
        """`from module import name` works, or it cannot be said that it does not."""
        if not self.knows_names_of(module):
            return True
        names = self._modules[module]
        assert names is not None
        return name in names or self._lists(f"{module}.{name}") or name.startswith("__")

    def names_it(self, module: str, name: str) -> bool:
        """Whether the module itself has the name, which then is no module below it."""
        return name in (self._modules.get(module) or {})

    def what(self, module: str, name: str) -> str:
        """ "c:ref", "i:ref", "f:signature", or "" for anything else."""
        return str((self._modules.get(module) or {}).get(name) or "")

    def class_at(self, dotted: str) -> str | None:
        """The ref of the class that `module.Name` is, or None."""
        module, _, name = dotted.rpartition(".")
        what = self.what(module, name)
        return what[2:] if what.startswith("c:") else None

    def lineage(self, ref: str) -> list[str]:
        """The class and its bases in Airflow."""
        return [ref, *self._classes[ref]["mro"]] if ref in self._classes else [ref]

    def is_a(self, ref: str, base: str) -> bool:
        return base in self.lineage(ref)

    def is_operator(self, ref: str) -> bool:
        return bool(self._classes.get(ref, {}).get("task"))

    def constructor(self, ref: str) -> Signature | None:
        spec = self._classes.get(ref, {}).get("init")
        return None if spec is None else signature(spec)

    def takes(self, ref: str, argument: str) -> bool:
        found = self.constructor(ref)
        return found is None or found.anything or argument in found.names

    def has_attribute(self, ref: str, name: str) -> bool:
        """False only if an instance (or the class) surely has no such attribute."""
        for each in self.lineage(ref):
            entry = self._classes.get(each)
            if entry is None or "any" in entry or name in entry["own"]:
                return True
        return name.startswith("__")

    def attributes(self, ref: str) -> list[str]:
        """The public ones that are known."""
        own = {name for each in self.lineage(ref) for name in self._classes.get(each, {}).get("own", {})}
        return sorted(name for name in own if not name.startswith("_"))

    def method(self, ref: str, name: str) -> Signature | None:
        """The signature of a method without `self`; None if it is none, or not known."""
        for each in self.lineage(ref):
            own = self._classes.get(each, {}).get("own", {})
            if name in own:
                return signature(own[name]) if isinstance(own[name], str) else None
        return None

    def since(self, *names: str) -> str:
        """The later version that brought the first known of the names ("module.Name", "module.Class(argument)"), or ""."""
        return next((self._since[name] for name in names if name in self._since), "")

    def argument_since(self, ref: str, argument: str) -> str:
        """The same for an argument of a class or of the bases that it hands it to."""
        return self.since(*(f"{name}({argument})" for name in self._all_names(ref)))

    def attribute_since(self, ref: str, name: str) -> str:
        return self.since(*(f"{each}.{name}" for each in self._all_names(ref)))

    def _all_names(self, ref: str) -> list[str]:
        """The class and its bases, dotted, and what they are called in later versions."""
        own = [each.replace(":", ".") for each in self.lineage(ref)]
        return own + [self._later[each] for each in own if each in self._later]

    def instead(self, name: str) -> str:
        """What 2.2.2 and 2.4.0 have under another name, dotted, or ""."""
        return self._instead.get(name, "")

    def nearest(self, module: str) -> str:
        """The longest part of a dotted name that is a module."""
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            if self.has_module(".".join(parts[:length])):
                return ".".join(parts[:length])
        return ""

    def alike(self, module: str, name: str) -> list[str]:
        """Names of the module that differ by a prefix or by case, as a typing mistake or a renaming makes them."""
        bare = re.sub(r"^(aws|amazon)", "", name.lower())
        return sorted(
            each
            for each in self._modules.get(module) or {}
            if each != name and not each.startswith("_") and re.sub(r"^(aws|amazon)", "", each.lower()) == bare
        )


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return document
