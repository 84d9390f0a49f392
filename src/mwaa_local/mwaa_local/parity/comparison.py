"""Facts against what was seen: each fact is an item, and so is what is here and not on MWAA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mwaa_local.parity import facts
from mwaa_local.parity.facts import Fact

SAME, DIFFERENT = "same", "different"
ABSENT = "(not there)"
SET = "(set)"
_HOME = "/usr/local/airflow"
_LOCAL = "LR airflow.cfg, which has Airflow's own default"


@dataclass(frozen=True)
class Item:
    """One line of the report. `why` is the reason of a difference; a difference without one is unexplained."""

    kind: str
    name: str
    mwaa: str
    here: str
    verdict: str
    why: str
    mark: str
    source: str

    @property
    def unexplained(self) -> bool:
        return self.verdict == DIFFERENT and not self.why


def compare(seen: Mapping[str, Any], mode: str) -> list[Item]:
    """`seen` is the document of mwaa_airflow.parity."""
    known, variables = facts.read(), seen["variables"]
    home = variables["AIRFLOW_HOME"]
    reasons = facts.reasons(mode, variables) | facts.chosen(seen["customer"])
    compared = [
        *_compared(facts.packages(), seen["packages"]),
        *_compared(_options(known["options"], seen), seen["options"]),
        *_compared(facts.named("variable", known["variables"], variables), _of_roles(known, variables)),
        *_compared(facts.named("value", known["values"], variables), seen["values"]),
    ]
    judged = [_judged(fact, _as_there(here, home, fact), reasons) for fact, here in compared]
    return judged + [_behaviour(name, entry) for name, entry in known["behaviours"].items()]


def score(items: list[Item]) -> float:
    """Percent of the items that are the same."""
    return 100 * sum(item.verdict == SAME for item in items) / len(items)


def _compared(wanted: Iterator[Fact], there: Mapping[str, Any]) -> Iterator[tuple[Fact, Any]]:
    """Each fact with what is here; what nobody wanted comes last, but for variables, of which a machine has its own."""
    kind, known = "", set()
    for fact in wanted:
        kind = fact.kind
        known.add(fact.name)
        yield fact, there.get(fact.name, ABSENT)
    if kind in ("package", "option"):
        for name in sorted(there.keys() - known):
            yield (
                Fact(kind, name, ABSENT, "C", "not in the list" if kind == "package" else "no such option"),
                there[name],
            )


def _options(entries: Mapping[str, Mapping[str, Any]], seen: Mapping[str, Any]) -> Iterator[Fact]:
    """All options of Airflow: MWAA's values, and Airflow's defaults where MWAA has these."""
    yield from facts.named("option", entries, seen["variables"])
    home = seen["variables"]["AIRFLOW_HOME"]
    for name, value in seen["stock"].items():
        if name not in entries:
            # the file of defaults is a template, in which a percent sign is doubled
            plain = value.replace("%%", "%").replace(home, _HOME) if value else value
            yield Fact("option", name, plain, "C", _LOCAL)


def _of_roles(known: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    return {name: variables[name] for name in known["variables"] if name in variables}


def _as_there(here: Any, home: str, fact: Fact) -> Any:
    """With MWAA's home in the place of this one's, where the fact is about something else than the home itself."""
    if fact.name in ("AIRFLOW_HOME", "home", "paths"):
        return here
    return here.replace(home, _HOME) if isinstance(here, str) else here


def _judged(fact: Fact, here: Any, reasons: Mapping[str, str]) -> Item:
    there = fact.mwaa if fact.mwaa is not None or fact.kind == "option" else SET
    same = here != ABSENT if there == SET else _plain(here) == _plain(there)
    why = "" if same else reasons.get(f"{fact.kind} {fact.name}", "")
    shown = SET if there == SET and here != ABSENT else _text(here)
    return Item(fact.kind, fact.name, _text(there), shown, SAME if same else DIFFERENT, why, fact.mark, fact.source)


def _behaviour(name: str, entry: Mapping[str, str]) -> Item:
    """What a test has seen is the same; what none has is different, and why."""
    test = entry.get("shown_by", "")
    here, verdict = (f"shown by {test}", SAME) if test else (entry["here"], DIFFERENT)
    return Item("behaviour", name, entry["mwaa"], here, verdict, entry.get("why", ""), entry["mark"], entry["source"])


def _plain(value: Any) -> Any:
    """An option without a value is the same as one that is empty."""
    return value or "" if value is None or isinstance(value, str) else value


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {'yes' if there else 'no'}" for name, there in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
