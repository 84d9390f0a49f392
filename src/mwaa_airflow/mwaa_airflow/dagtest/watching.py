"""One round of `make watch` as a pytest plugin: picks the tests that are asked for, reads what they need, tells each outcome.

Asked for is what the command line sends (mwaa_local.watch.warm has it): {"files": [...] or null for all, "modules": [...],
"whole": [...], "tests": [...], "seen": [...] or null, "dags": [...], "slow": false, "aws_state": null}. Paths are absolute.
A test that needs the local AWS account or the stack is slow: it is only named in a round that is not `slow`. `seen` adds what is
not in it; `dags` are read before the first test.
"""

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

import pytest

from mwaa_airflow.dagtest import parsing, plugin, ready_made
from mwaa_airflow.dagtest.parsing import Report

ALL = "*"
"""Noted of a test that looks at all DAGs."""
SHOWN = 3000  # characters of a failure
Tell = Callable[[Dict[str, Any]], None]


class Notes:
    """Which DAGs are asked for: by the test that runs, and by each fixture while it is set up, for it may last."""

    def __init__(self) -> None:
        self._open: List[Set[str]] = []
        self._of_fixture: Dict[str, Set[str]] = {}

    def note(self, dag_id: str) -> None:
        if self._open:
            self._open[-1].add(dag_id)

    @contextmanager
    def noting(self, fixture: str = "") -> Iterator[Set[str]]:
        seen: Set[str] = set()
        self._open.append(seen)
        try:
            yield seen
        finally:
            self._open.pop()
            if fixture:
                self._of_fixture[fixture] = seen
            if self._open:
                self._open[-1] |= seen

    def of_fixtures(self, names: List[str]) -> Set[str]:
        return {dag_id for name in names for dag_id in self._of_fixture.get(name, ())}


class LazyDags(Dict[str, Any]):
    """A DagBag's dags: a file is read when one of its DAGs is asked for, all when somebody looks at all."""

    def __init__(self, unread: Dict[str, Path], read: Callable[[Path], None], note: Callable[[str], None]) -> None:
        super().__init__()
        self._unread, self._read, self._note, self._reading = dict(unread), read, note, False

    def need(self, dag_id: Any) -> None:
        if not self._reading and dag_id in self._unread:
            file = self._unread[dag_id]
            self._unread = {one: where for one, where in self._unread.items() if where != file}
            self._reading = True
            try:
                self._read(file)
            finally:
                self._reading = False

    def _one(self, dag_id: Any) -> None:
        if not self._reading:
            self._note(str(dag_id))
            self.need(dag_id)

    def _all(self) -> None:
        if not self._reading:
            self._note(ALL)
            for dag_id in list(self._unread):
                self.need(dag_id)

    def __getitem__(self, dag_id: str) -> Any:
        self._one(dag_id)
        return super().__getitem__(dag_id)

    def __contains__(self, dag_id: Any) -> bool:
        self._one(dag_id)
        return super().__contains__(dag_id)

    def get(self, dag_id: str, default: Any = None) -> Any:
        self._one(dag_id)
        return super().get(dag_id, default)

    def __iter__(self) -> Iterator[str]:
        self._all()
        return super().__iter__()

    def __len__(self) -> int:
        self._all()
        return super().__len__()

    def __eq__(self, other: Any) -> bool:
        self._all()
        return super().__eq__(other)

    def keys(self) -> Any:
        self._all()
        return super().keys()

    def values(self) -> Any:
        self._all()
        return super().values()

    def items(self) -> Any:
        self._all()
        return super().items()

    __hash__ = None  # type: ignore[assignment]


class Watching:
    """`known`: what is known of the DAG files, as parsing.kept has it; `home`: the folder of Airflow's database."""

    def __init__(self, asked: Dict[str, Any], home: Path, known: Dict[str, Any], tell: Tell) -> None:
        self.asked, self.home, self.tell = asked, home, tell
        self.aws_state: Optional[str] = asked.get("aws_state")
        self.reports: Dict[Path, Report] = {}
        self._known, self._notes, self._session = known, Notes(), None  # type: Any, Notes, Any
        self._of_test: Dict[str, Dict[str, Any]] = {}
        self._wanted_dags: Set[str] = set(asked.get("dags") or ())

    # what the fixtures of the plugin ask

    def of_these(self, files: List[Path]) -> List[Path]:
        wanted = self.asked["files"]
        return files if wanted is None else [file for file in files if str(file) in set(wanted)]

    def filled(self, bag: Any) -> Any:
        """The DagBag with DAGs that are read when they are needed."""
        unread = {}
        for file, report in self.reports.items():
            if report.can_be_read and not report.forks:  # a fork would be a second one of this process
                unread.update({dag_id: file for dag_id in report.dags})
            else:
                bag.import_errors[str(file)] = "\n".join(report.problems())
        read = lambda file: bag.process_file(str(file), only_if_updated=False)  # noqa: E731
        bag.dags = LazyDags(unread, read, self._notes.note)
        for dag_id in self._wanted_dags:  # before a test moves the clock or the environment
            bag.dags.need(dag_id) if dag_id != ALL else [bag.dags.need(one) for one in unread]
        return bag

    # pytest's hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: Any) -> None:
        config.stash[plugin.KEY] = self._session = plugin.Session(config, self)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: List[Any]) -> None:
        picked = [item for item in items if self._is_asked_for(item)]
        slow = [item for item in picked if _is_slow(item)]
        quick = [item for item in picked if not _is_slow(item)]
        self.tell({"event": "collected", "quick": len(quick), "slow": [item.nodeid for item in slow]})
        items[:] = slow if self.asked.get("slow") else quick
        self._read_files()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        with self._notes.noting(fixturedef.argname):
            yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self.tell({"event": "running", "id": item.nodeid})
        with self._notes.noting() as seen:
            yield
        outcome = self._of_test.pop(item.nodeid, None)
        if outcome is not None:
            own = _ready_made(item)
            dags = set() if own else seen | self._notes.of_fixtures(item.fixturenames)
            about = {"dags": sorted(dags), "slow": _is_slow(item), "module": str(item.path), "own": own}
            if own:
                about["file"] = str(item.callspec.params["dag_check"][1])
            self.tell(dict(outcome, event="test", id=item.nodeid, **about))

    def pytest_runtest_logreport(self, report: Any) -> None:
        before = self._of_test.setdefault(report.nodeid, {"outcome": "passed", "seconds": 0.0, "where": "", "text": ""})
        before["seconds"] = round(before["seconds"] + report.duration, 3)
        if report.outcome != "passed" and before["outcome"] != "failed":
            before["outcome"] = report.outcome
            if report.outcome == "failed":
                before.update(self._failure(report))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            about = {"outcome": "failed", "seconds": 0.0, "dags": [], "slow": False, "own": False, "module": ""}
            about.update(self._failure(report))
            self.tell(dict(about, event="test", id=report.nodeid or "collecting", collecting=True))

    # its own

    def _is_asked_for(self, item: Any) -> bool:
        if _ready_made(item):
            return isinstance(item.callspec.params["dag_check"], tuple)  # else there was no file to make one of
        if "dag_check" in getattr(item, "fixturenames", ()):
            return False  # the same checks, in a module of the user's
        asked = self.asked
        if str(item.path) in asked["whole"] or item.nodeid in asked["tests"]:
            return True
        return asked.get("seen") is not None and item.nodeid not in asked["seen"]

    def _read_files(self) -> None:
        """Reads the files that are asked for, and those of which nothing is known; before anything uses the database."""
        project, limit = self._session.project, self._session.policy.import_seconds
        files = project.dag_files()
        known = self._known or parsing.kept(project, limit)
        again = {str(file) for file in self.of_these(files)} if self._known else set()
        todo = [file for file in files if str(file) not in known or str(file) in again]
        for file, found in known.items():
            if file not in self._known:
                self.tell({"event": "report", "found": found})
        for found in parsing.read_here(project, todo, limit):
            known[found["file"]] = found
            self.tell({"event": "report", "found": found})
        self.reports = {file: Report(known[str(file)]) for file in files}
        if todo:
            parsing.keep(project, limit, {str(file): report.found for file, report in self.reports.items()})

    def _failure(self, report: Any) -> Dict[str, str]:
        """The text of a failure, and its place: the innermost line of the project's own files."""
        text = str(getattr(report, "longreprtext", "") or report.longrepr)
        crash = getattr(report.longrepr, "reprcrash", None)
        places = [(str(crash.path), str(crash.lineno))] if crash else []
        places += reversed(re.findall(r'File "([^"]+)", line (\d+)', text))
        mine = [place for place in places if place[0].startswith(str(self._session.project.folder) + os.sep)]
        where = "{}:{}".format(*mine[0]) if mine else ""
        return {"where": where, "text": text[-SHOWN:], "message": str(crash.message)[:SHOWN] if crash else ""}


def _ready_made(item: Any) -> bool:
    return getattr(item, "module", None) is not None and item.module.__name__ == ready_made.__name__


def _is_slow(item: Any) -> bool:
    return bool({"_local_aws", "_remote_airflow"}.intersection(getattr(item, "fixturenames", ())))
