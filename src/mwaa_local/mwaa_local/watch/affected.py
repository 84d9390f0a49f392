"""From changed paths to what a round has to do. No side effects.

a DAG file                        its ready-made checks; the tests that used one of its DAGs the last time
a module below dags/, plugins/    the same for each DAG file that imports it, directly or through others; the tests that do
another file below dags/          all DAG files: any may read it
a test module                     all of it; a helper or conftest.py below tests/: the modules below its folder
glue/<job>/                       the DAG files whose tasks name the job; the rest of glue/: those that name any
seed.yaml, requirements.txt, conftest.py, pytest's configuration      everything
something that came or went       also the tests that looked at all DAGs, and tests that were never seen
A DAG file that could not be read is read again with each change of code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mwaa_local.watch.events import Save
from mwaa_local.watch.imports import Imports
from mwaa_local.watch.memory import ALL_DAGS, Memory
from mwaa_local.watch.places import Places, is_test_module


@dataclass(frozen=True)
class Affected:
    """What a round has to do. `files`: DAG files; None: all. `whole`: test modules, all of each. `tests`: single ones, by node
    id. `unseen`: also tests that have never run, wherever they are. `gone`: files that are no more."""

    files: frozenset[Path] | None = frozenset()
    whole: frozenset[Path] = frozenset()
    tests: frozenset[str] = frozenset()
    unseen: bool = False
    gone: frozenset[Path] = frozenset()

    def __or__(self, other: Affected) -> Affected:
        """Both, for a round that was cancelled by the next save."""
        files = None if self.files is None or other.files is None else self.files | other.files
        back = (files or frozenset()) | other.whole
        return Affected(
            files,
            self.whole | other.whole,
            self.tests | other.tests,
            self.unseen or other.unseen,
            frozenset(path for path in self.gone | other.gone if path not in back),
        )

    def __bool__(self) -> bool:
        return self.files != frozenset() or bool(self.whole or self.tests or self.unseen or self.gone)


def everything(places: Places) -> Affected:
    return Affected(None, frozenset(places.test_modules()), unseen=True)


def at_start(places: Places, memory: Memory) -> Affected:
    """All DAG files; test modules that are new, tests that failed the last time, and those that were never seen."""
    known = {test.module for test in memory.tests.values()}
    new = frozenset(path for path in places.test_modules() if str(path) not in known)
    failed = frozenset(name for name, test in memory.tests.items() if test.failed)
    return Affected(None, new, failed, unseen=True)


def affected(save: Save, places: Places, memory: Memory, imports: Imports) -> Affected:
    """What a save may have changed the outcome of. `imports` knows the files as they are now."""
    if any(_decides_all(path, places) for path in save.paths):
        return everything(places) | Affected(gone=save.gone)
    files: set[Path] = set()
    whole: set[Path] = set()
    all_files = False
    for path in save.paths:
        if places.in_code(path) and path.suffix == ".py":
            files |= _dag_files_of(path, save, places, memory, imports)
            whole |= {each for each in imports.importers([path]) if places.in_tests(each) and is_test_module(each)}
        elif places.in_code(path):
            all_files = True
        elif path.is_relative_to(places.glue):
            files |= _naming_the_job(path, places, memory)
        elif places.in_tests(path):
            whole |= _modules_of(path, places, imports)
    code_changed = any(places.in_code(path) for path in save.paths)
    if code_changed:
        files |= {Path(file) for file, known in memory.files.items() if known.failed}
    files = {file for file in files if file not in save.gone}
    dag_ids = {dag_id for file in (*files, *save.gone) for dag_id in _dags_of(file, memory)}
    came_or_went = any(places.in_code(path) for path in (*save.added, *save.gone))
    if all_files:
        dag_ids |= {dag_id for known in memory.files.values() for dag_id in known.dags}
    any_dag = bool(dag_ids) or came_or_went
    tests = {
        name
        for name, test in memory.tests.items()
        if dag_ids & set(test.dags) or (ALL_DAGS in test.dags and any_dag) or (test.failed and code_changed)
    }
    return Affected(
        None if all_files else frozenset(files),
        frozenset(path for path in whole if path not in save.gone),
        frozenset(name for name in tests if Path(memory.tests[name].module) not in save.gone),
        unseen=came_or_went,
        gone=save.gone,
    )


def within(what: Affected, folders: Iterable[Path], dag_files: Iterable[Path]) -> Affected:
    """Only the DAG files below some paths, where the command was given some; tests are chosen by their DAGs already."""
    places = [folder.resolve() for folder in folders]
    if not places:
        return what
    wanted = dag_files if what.files is None else what.files
    files = frozenset(file for file in wanted if any(file.is_relative_to(place) for place in places))
    return Affected(files, what.whole, what.tests, what.unseen, what.gone)


def _decides_all(path: Path, places: Places) -> bool:
    if path in places.files() or path == places.glue:
        return True
    tops = {place if place.suffix != ".py" else place.parent for place in places.tests}
    return path.name == "conftest.py" and path.parent in tops


def _dag_files_of(path: Path, save: Save, places: Places, memory: Memory, imports: Imports) -> set[Path]:
    """A DAG file itself, and all that load it; by the text of the files and by what they loaded the last time. A helper counts
    as a DAG file here, too: whether Airflow takes it for one is Airflow's to say."""
    found = {each for each in imports.importers([path]) if each.is_relative_to(places.dags)}
    found |= {Path(file) for file, known in memory.files.items() if str(path) in known.modules}
    return found


def _naming_the_job(path: Path, places: Places, memory: Memory) -> set[Path]:
    if "data" in path.relative_to(places.glue).parts[:1]:
        return set()  # sample data
    job = places.job_of(path)
    folder = path.relative_to(places.glue).parts[0]
    wanted = {job, folder}  # the name in job.yaml may be what changed
    return {
        Path(file)
        for file, known in memory.files.items()
        if any(name in wanted or not job for names in known.dags.values() for name in names)
    }


def _modules_of(path: Path, places: Places, imports: Imports) -> set[Path]:
    """A test module itself; for anything else below tests/ the modules below its folder."""
    if is_test_module(path):
        return {path}
    return {module for module in places.test_modules() if module.is_relative_to(path.parent)}


def _dags_of(file: Path, memory: Memory) -> set[str]:
    known = memory.files.get(str(file))
    return set(known.dags) if known else set()
