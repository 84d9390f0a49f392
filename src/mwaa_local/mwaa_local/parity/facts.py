"""The facts about MWAA 2.2.2, as facts.yaml and packages.txt have them, and why the replica differs where it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mwaa_local.settings import ROOT

HERE = Path(__file__).parent
MARKS = {"C": "confirmed", "A": "analogue", "I": "inferred", "U": "uncertain"}
_DEVIATION = re.compile(r"^\s*# Deviates from MWAA \((?P<mwaa>.*?)\): (?P<why>.*)\n\s*(?P<name>[A-Z_]+)=", re.M)
_REFERENCE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Fact:
    """`mwaa` is the value there; None: no more is known than that it is there (`set`) or which processes have it (`of_roles`)."""

    kind: str  # package, option, variable or value
    name: str
    mwaa: Any
    mark: str
    source: str


def read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HERE / "facts.yaml").read_text())
    return found


def packages() -> Iterator[Fact]:
    for line in (HERE / "packages.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, version = line.split("==")
            found = re.sub(r"[-_.]+", "-", name).lower()
            source = "UG connections-packages" if found == "watchtower" else "LR docker/config/requirements.txt"
            yield Fact("package", found, version, "C", source)


def named(kind: str, entries: Mapping[str, Mapping[str, Any]], seen: Mapping[str, str]) -> Iterator[Fact]:
    """Those of a part of facts.yaml. `seen` are the variables of the environment, to which a value may refer."""
    for name, entry in entries.items():
        value = (entry.get("by_class") or {}).get(seen.get("ENV_CLASS"), entry.get("mwaa"))
        if isinstance(value, str):
            value = _REFERENCE.sub(lambda found: seen.get(found[1], found[0]), value)
        yield Fact(kind, name, value, entry["mark"], entry["source"])


def reasons(mode: str, variables: Mapping[str, str]) -> dict[str, str]:
    """By "kind name": why that is different here, in this mode and with these variables."""
    found = {}
    for name, entry in read()["differences"].items():
        if mode in entry.get("modes", [mode]) and entry.get("when", {}).items() <= variables.items():
            found[name] = entry["why"]
    for deviation in _DEVIATION.finditer((ROOT / "stack" / "airflow.env").read_text()):
        found |= _of_both(deviation["name"], deviation["why"])
    return found


def chosen(customer: Iterable[str]) -> dict[str, str]:
    """The same for the variables of the customer's configuration options, which would be set on MWAA, too."""
    found: dict[str, str] = {}
    for name in customer:
        found |= _of_both(name, "a configuration option of this project (airflow-config.yaml, UpdateEnvironment)")
    return found


def _of_both(variable: str, why: str) -> dict[str, str]:
    """Of a variable, and of the option that it is."""
    found = {f"variable {variable}": why}
    if variable.startswith("AIRFLOW__"):
        found["option " + ".".join(variable[len("AIRFLOW__") :].lower().split("__", 1))] = why
    return found
