"""What is done with each operation of Glue's API, as the page docs/glue-coverage.md.

    python -m localstack_glue.service.coverage > docs/glue-coverage.md       (or --json)

Needs botocore, whose model of Glue is the list, and so is run by the interpreter that LocalStack has; imports nothing
of LocalStack.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from .api import handlers
from .catalog import moto_operations
from .engine import Engine
from .settings import Settings

REAL, STORED, REFUSED = "real", "stored only", "refused"
# The first that fits an operation's name.
KINDS: tuple[tuple[str, str], ...] = (
    ("Job bookmarks", r"JobBookmark"),
    ("Job runs", r"JobRun"),
    ("Jobs", r"Jobs?$|JobFromSourceControl|SourceControlFromJob"),
    ("Triggers", r"Trigger"),
    ("Workflows", r"Workflow"),
    ("Blueprints", r"Blueprint"),
    ("Crawlers and crawls", r"Crawler|Crawls"),
    ("Classifiers", r"Classifier"),
    ("Column statistics", r"ColumnStatistics"),
    ("Partition indexes", r"PartitionIndex"),
    ("Partitions", r"Partition"),
    ("Table optimizers", r"TableOptimizer"),
    ("Integrations", r"Integration"),
    ("Tables and versions", r"Tables?(Version)?s?$|TableMetadata"),
    ("Databases", r"Database"),
    ("User-defined functions", r"UserDefinedFunction"),
    ("Connections", r"Connection|Entity$|Entities|EntityRecords"),
    ("Schema registry", r"Registr|Schema"),
    ("Security and encryption", r"SecurityConfiguration|ResourcePolic|EncryptionSettings"),
    ("Tags", r"Tags$|TagResource|UntagResource"),
    ("Interactive sessions", r"Session|Statement"),
    ("Development endpoints", r"DevEndpoint"),
    ("Data quality", r"DataQuality"),
    ("Machine learning", r"ML[A-Z]|LabelsTask"),
    ("Catalogs", r"Catalogs?$|CatalogImport|CatalogToGlue"),
    ("Materialized views", r"MaterializedView"),
    ("Scripts", r"CreateScript|GetPlan|GetMapping|DataflowGraph"),
    ("Accounts", r"UsageProfile|IdentityCenter|CustomEntityType"),
)
OTHER = "Other"


class Coverage(NamedTuple):
    """`done` is REAL, STORED or REFUSED, `by` "here" or "moto" (empty if refused), `note` the reason."""

    operation: str
    kind: str
    done: str
    by: str
    note: str


def operations() -> list[str]:
    """Those of Glue's model, sorted."""
    from botocore.session import Session

    return sorted(Session().get_service_model("glue").operation_names)


def coverage() -> list[Coverage]:
    """Of every operation, sorted by its name."""
    ours = _ours()
    return [_judged(name, ours) for name in operations()]


def _judged(name: str, ours: dict[str, str]) -> Coverage:
    if name in ours:
        done, by, note = (STORED if ours[name] else REAL), "here", ours[name]
    elif name in moto_operations.USED:
        note = moto_operations.USED[name]
        done, by = (STORED if note else REAL), "moto"
    else:
        done, by, note = REFUSED, "", moto_operations.reason(name)
    return Coverage(name, _kind(name), done, by, note)


def _ours() -> dict[str, str]:
    """The operations that have a handler, with what it does not do."""
    with tempfile.TemporaryDirectory() as folder:
        apis = Engine(Settings.from_environment({"GLUE_RUNS": f"{folder}/runs"}), lambda *_: None).apis
        return {name: handler.__dict__["glue_stored"] for api in apis for name, handler in handlers(api)}


def _kind(name: str) -> str:
    return next((kind for kind, pattern in KINDS if re.search(pattern, name)), OTHER)


def page() -> str:
    return "\n".join(_lines(coverage())) + "\n"


def _lines(covered: list[Coverage]) -> Iterator[str]:
    counts = Counter(one.done for one in covered)
    yield "# Every operation of AWS Glue, and what is done with it here"
    yield ""
    yield "<!-- Made by `python -m localstack_glue.service.coverage`; a test fails when it is out of date. -->"
    yield ""
    yield "| | operations | |"
    yield "|---|---|---|"
    yield f"| {REAL} | {counts[REAL]} | does, or answers, what AWS does |"
    yield f"| {STORED} | {counts[STORED]} | keeps what it is told and gives it back; AWS would also act on it |"
    yield f"| {REFUSED} | {counts[REFUSED]} | HTTP 501, code `InternalFailure`, naming the operation; nothing was done |"
    yield f"| all | {len(covered)} | of the model of botocore that LocalStack has |"
    yield ""
    yield '"here" is this service; "moto" is moto\'s own implementation, each judged by what it does.'
    yield "Both are kept over restarts."
    for kind in [*(kind for kind, _ in KINDS), OTHER]:
        of_kind = [one for one in covered if one.kind == kind]
        if of_kind:
            yield from _table(kind, of_kind)


def _table(kind: str, covered: list[Coverage]) -> Iterator[str]:
    yield ""
    yield f"## {kind}"
    yield ""
    yield "| operation | | by | note |"
    yield "|---|---|---|---|"
    for one in covered:
        yield f"| {one.operation} | {one.done} | {one.by} | {one.note} |".replace("  ", " ")


if __name__ == "__main__":
    sys.stdout.write(json.dumps([one._asdict() for one in coverage()]) if "--json" in sys.argv else page())
