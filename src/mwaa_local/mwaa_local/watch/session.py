"""All of it together: one loop that takes saves and events of the warm process, in the order in which they come."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa_local.check.cache import Cache
from mwaa_local.check.files import Checked, check_files
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, Settings
from mwaa_local.watch import warm as warm_process
from mwaa_local.watch.affected import Affected, affected, at_start, everything, within
from mwaa_local.watch.aws import Aws
from mwaa_local.watch.events import Contents, Save, Watcher
from mwaa_local.watch.imports import Imports
from mwaa_local.watch.memory import Memory
from mwaa_local.watch.places import Places
from mwaa_local.watch.screen import Screen
from mwaa_local.watch.verdict import Verdict
from mwaa_local.watch.warm import Warm

WAITING = "Watching {} · Ctrl-C ends"
OF_THE_SAMPLES = ("dag_files", "run_id", "glue_groups")
"""This checkout's modules in tests/dags that are on its DAGs; the others are on the plugin."""
_TICK = 0.5  # seconds between two looks at the clock
_TRIES = 2  # of a round whose process dies


@dataclass
class Round:
    """What runs now; `slow`: its second part, the tests that need the local AWS account."""

    number: int
    what: Affected
    verdict: Verdict
    slow: list[str] = field(default_factory=list)
    in_slow: bool = False
    tries: int = 1
    now: str = ""
    since: float = field(default_factory=time.monotonic)
    seen: dict[str, set[str]] = field(default_factory=dict)
    """The tests that ran, by module."""


def run(settings: Settings, paths: list[Path], once: bool = False) -> int:
    """Watches until Ctrl-C; with `once` one round of everything: returns 0 if it passed, else 1. Raises LocalError."""
    for path in paths:
        if not path.exists():
            raise LocalError(f"There is no {path}.", "give DAG files, or folders with some")
    warm_process.require(settings)
    session = Session(settings, places_of(settings), [path.resolve() for path in paths], once)
    try:
        return session.run()
    finally:
        session.close()


def places_of(settings: Settings) -> Places:
    """The user's tests: WATCH_TESTS, else tests/ of the project. Raises LocalError."""
    project = settings.mwaa_project.resolve()
    names = [name.strip() for name in settings.watch_tests.split(",") if name.strip()]
    tests = [(project / Path(name).expanduser()).resolve() for name in names]
    for place in tests:
        if not place.exists():
            raise LocalError(
                f"WATCH_TESTS names {place}, which does not exist.", "name folders or modules of the project"
            )
    of_samples = [ROOT / "tests" / "dags" / f"test_{name}.py" for name in OF_THE_SAMPLES]
    return Places(project, tuple(tests or (of_samples if project == ROOT else [project / "tests"])))


class Session:
    def __init__(self, settings: Settings, places: Places, only: list[Path], once: bool) -> None:
        self._settings, self._places, self._only, self._once = settings, places, only, once
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._warm = Warm(settings, places, self._events.put)
        self._watcher = Watcher(places, lambda paths: self._events.put({"event": "saved", "paths": paths}))
        self._aws = Aws(settings)
        self._screen = Screen()
        self._memory = Memory(settings.mwaa_state / "watch", places.project, places.tests)
        self._cache = Cache(settings.mwaa_state / "check")
        self._round: Round | None = None
        self._ready = False
        self._count = 0
        self._last_good = True
        self._over = False

    def run(self) -> int:
        self._warm.start()
        if not self._once:
            self._watcher.start()
        self._contents = Contents(self._places)
        self._imports = Imports(
            [self._places.dags, self._places.plugins, *(p for p in self._places.tests if p.is_dir())]
        )
        self._screen.slow("Airflow is imported, once ...")
        what = everything(self._places) if self._once else at_start(self._places, self._memory)
        self._begin(what, ["all files"], time.time(), self._code_files())
        while not self._over:
            try:
                event = self._events.get(timeout=_TICK)
            except queue.Empty:
                self._tell_time()
                continue
            self._take(event)
        return 0 if self._last_good else 1

    def close(self) -> None:
        self._screen.close()
        self._watcher.stop()
        self._warm.close()
        self._aws.close()
        self._cache.write()
        self._memory.write()

    # events

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "saved":
            paths = set(event["paths"])
            while not self._events.empty():  # what else has been saved while this was at work
                later = self._events.get()
                if later["event"] != "saved":
                    self._take(later)
                else:
                    paths |= later["paths"]
            save = self._contents.save(paths)
            if {path.parent for path in paths} & {self._places.project} and set(self._places.folders()) & paths:
                self._watcher.restart()
            if save:
                self._saved(save)
        elif event.get("process", self._warm.number) != self._warm.number:
            return
        elif event["event"] == "ready":
            self._ready = True
            self._ask()
        elif event["event"] == "gone":
            self._warm_has_ended(event)
        elif event["event"] == "aws":
            self._aws_answers(event)
        elif self._round and event.get("round") == self._round.number:
            self._of_round(self._round, event)

    def _saved(self, save: Save) -> None:
        for path in save.paths:
            if path.suffix == ".py":
                self._imports.look_at(path)
        if any(path.is_relative_to(self._places.glue) or path.name == "seed.yaml" for path in save.paths):
            self._aws.stale = True
        what = affected(save, self._places, self._memory, self._imports)
        for path in save.gone:
            self._memory.forget(path)
        what = within(what, self._only, [Path(file) for file in self._memory.files])
        code = [path for path in sorted(save.changed) if self._is_checked(path)]
        if not what and not code:
            return
        names = [self._shown(path) for path in sorted(save.paths)]
        if self._round:
            what = self._left_of(self._round) | what
        self._begin(what, names, save.at, code)

    def _begin(self, what: Affected, names: list[str], saved: float, code: list[Path]) -> None:
        """The static checks at once, then the round; what runs is cancelled."""
        if self._round:
            self._warm.cancel()
        self._count += 1
        verdict = Verdict(self._places.project, names, saved)
        self._round = Round(self._count, what, verdict)
        if what and self._ready:
            self._ask()  # while it starts, the checks run here
        begun = time.monotonic()
        verdict.checked = self._check(code)
        verdict.check_seconds = time.monotonic() - begun
        if any(each.findings for each in verdict.checked):
            self._screen.begin(verdict.check_lines())
        self._screen.busy(f"{', '.join(names[:3])}: tests ...")
        if not what:
            self._finish(self._round)

    def _check(self, code: list[Path]) -> list[Checked]:
        there = [path for path in code if path.is_file()]
        try:
            return check_files(self._settings, there, self._cache) if there else []
        except LocalError:
            return []  # gone again, or not to be read: the tests will say so

    def _ask(self) -> None:
        if self._round and not self._round.in_slow:
            self._warm.ask(self._round.number, self._round.what, self._memory)

    def _of_round(self, now: Round, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "report":
            self._memory.note_report(event)
        elif kind == "collected" and not now.in_slow:
            now.slow = event["slow"]
        elif kind == "running":
            now.now, now.since = event["id"], time.monotonic()
        elif kind == "test":
            now.verdict.add(event)
            if not event["own"] and not event.get("collecting"):
                self._memory.note_test(event)
                now.seen.setdefault(event["module"], set()).add(event["id"])
        elif kind == "end":
            self._round_has_ended(now, event)

    def _round_has_ended(self, now: Round, event: dict[str, Any]) -> None:
        if "died" in event:
            what = f" in {now.now}" if now.now else ""
            now.verdict.trouble = f"The process of the tests ended ({event['died']}){what}.\n{event['words']}".strip()
        elif event["code"] not in (0, 1, 5):  # pytest's own: passed, failed, nothing to run
            now.verdict.trouble = (
                f"pytest could not run the tests (exit code {event['code']}).\n{event['words']}".strip()
            )
        if not now.in_slow and now.slow and not now.verdict.trouble:
            now.verdict.left = len(now.slow)
            self._show(now)
            now.in_slow, now.now = True, ""
            self._screen.slow(f"{len(now.slow)} tests with Glue and S3 ...")
            threading.Thread(target=self._find_aws, args=(now.number,), daemon=True).start()
            return
        now.verdict.left = 0
        self._finish(now)

    def _find_aws(self, number: int) -> None:
        """In a thread: it takes seconds."""
        try:
            self._events.put({"event": "aws", "for": number, "state": self._aws.state()})
        except Exception as problem:  # said in the verdict
            self._events.put({"event": "aws", "for": number, "problem": str(problem)})

    def _aws_answers(self, event: dict[str, Any]) -> None:
        now = self._round
        if now is None or now.number != event["for"]:
            return
        if "problem" in event:
            now.verdict.trouble = event["problem"]
            self._finish(now)
        else:
            self._warm.ask(now.number, now.what, self._memory, now.slow, event["state"])

    def _warm_has_ended(self, event: dict[str, Any]) -> None:
        """It is started anew; a round that it took with it is tried once more."""
        was_ready, self._ready = self._ready, False
        if not was_ready:
            raise LocalError(
                f"The process that runs the tests ended at its start (exit code {event['code']}):\n{self._warm.why_it_ended()}",
                f"see {self._warm.log}",
            )
        self._warm.start()
        now = self._round
        if now is None:
            return
        now.tries += 1
        if now.tries > _TRIES:
            now.verdict.trouble = f"The process that runs the tests ended twice (exit code {event['code']})."
            self._finish(now)
        now.in_slow = False
        now.verdict.failures, now.verdict.passed, now.verdict.skipped = [], 0, 0

    # verdicts

    def _finish(self, now: Round) -> None:
        for module in now.what.whole:
            if not now.verdict.trouble and str(module) in now.seen and not now.slow:
                self._memory.forget_missing(module, now.seen[str(module)])
        self._show(now)
        self._last_good = now.verdict.good
        self._round = None
        self._memory.write()
        self._cache.write()
        self._over = self._once
        if not self._once:
            self._screen.waiting(WAITING.format(self._shown(self._places.dags) + ", " + self._tests()))

    def _show(self, now: Round) -> None:
        now.verdict.ended = time.time()
        self._screen.show(now.verdict, fresh=True)

    def _left_of(self, now: Round) -> Affected:
        """What a round that is cancelled still had to do."""
        if now.in_slow:
            return Affected(tests=frozenset(now.slow))
        return now.what

    def _tell_time(self) -> None:
        now = self._round
        if now and now.now and time.monotonic() - now.since > 2 * _TICK:
            self._screen.slow(f"{now.now} ({time.monotonic() - now.since:.0f} s)")

    def _code_files(self) -> list[Path]:
        from mwaa_local.check.packaged import zip_files
        from mwaa_local.check.project import python_files

        files = [file for folder in (self._places.dags, self._places.plugins) for file in python_files(folder)]
        return [*files, *zip_files(self._places.dags)]

    def _is_checked(self, path: Path) -> bool:
        packaged = path.suffix == ".zip" and path.is_relative_to(self._places.dags)
        return packaged or (path.suffix == ".py" and self._places.in_code(path))

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._places.project)) if path.is_relative_to(self._places.project) else str(path)

    def _tests(self) -> str:
        return ", ".join(self._shown(place) for place in self._places.tests)
