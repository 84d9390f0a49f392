"""What the last rounds have shown of files and tests; kept in the state folder from one `make watch` to the next."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ALL_DAGS = "*"
"""Noted of a test that looked at all DAGs."""
_VERSION = 1


@dataclass
class DagFile:
    """A DAG file as it was read last: its DAGs, each with the Glue jobs that it names, and the user's modules that it loaded."""

    dags: dict[str, list[str]] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    failed: bool = False


@dataclass
class Test:
    """A test of the user's as it ran last; `slow`: it needs the local AWS account."""

    module: str
    dags: list[str] = field(default_factory=list)
    slow: bool = False
    failed: bool = False


class Memory:
    """`files` by path, `tests` by pytest's node id."""

    def __init__(self, folder: Path, project: Path, tests: tuple[Path, ...]) -> None:
        key = hashlib.sha256(repr((str(project), [str(path) for path in tests])).encode()).hexdigest()[:12]
        self._path = folder / f"{key}.json"
        self.files: dict[str, DagFile] = {}
        self.tests: dict[str, Test] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            document = json.loads(self._path.read_text())
            if document["version"] == _VERSION:
                self.tests = {name: Test(**each) for name, each in document["tests"].items()}

    def write(self) -> None:
        """Where it cannot be written, tests run once more the next time."""
        document = {"version": _VERSION, "tests": {name: asdict(each) for name, each in self.tests.items()}}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(f".{os.getpid()}")
            partial.write_text(json.dumps(document))
            partial.replace(self._path)

    def note_report(self, event: dict[str, Any]) -> None:
        """A DAG file was read. One that failed keeps the DAGs and modules that it had: what it has is not known."""
        before = self.files.get(event["file"], DagFile())
        modules = sorted({*event["modules"], *before.modules}) if event["failed"] else list(event["modules"])
        dags = event["dags"] if not event["failed"] else event["dags"] or before.dags
        self.files[event["file"]] = DagFile(dags, modules, event["failed"])

    def note_test(self, event: dict[str, Any]) -> None:
        """A test of the user's ran. One that failed may have ended before it had all its DAGs: it keeps those it had."""
        failed = event["outcome"] == "failed"
        before = self.tests.get(event["id"])
        dags = sorted({*event["dags"], *(before.dags if before and failed else ())})
        self.tests[event["id"]] = Test(event["module"], dags, event["slow"], failed)

    def forget(self, path: Path) -> None:
        """A file is gone."""
        self.files.pop(str(path), None)
        self.tests = {name: test for name, test in self.tests.items() if test.module != str(path)}

    def forget_missing(self, module: Path, there: set[str]) -> None:
        """After a module has run as a whole: tests that it does not have any more."""
        self.tests = {name: t for name, t in self.tests.items() if t.module != str(module) or name in there}
