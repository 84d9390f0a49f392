"""Which files are checked, and by how many processes.

A file that is large enough to break Python's own parser (a tree of a hundred thousand levels overflows the stack of C) is never
parsed in this process: what ends a process of the pool is said about the file, and the others are checked all the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from mwaa_local.check import one
from mwaa_local.check.cache import Cache
from mwaa_local.check.finding import RULES, Finding
from mwaa_local.check.index import Index
from mwaa_local.check.packaged import content_of, is_zip, members, zip_files
from mwaa_local.check.project import Project, nearest, python_files, read
from mwaa_local.console import err
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, Settings

HARMLESS = 64 * 1024
"""Bytes: no text as short as this makes a tree that is too deep for the stack."""
WORTH_A_POOL = 1024 * 1024
"""Bytes in all, from which on processes are started: a second of work."""
_MOST = 16  # processes, and files that one of them is given at once
_QUIET = 2.0  # seconds without a word


@dataclass(frozen=True)
class Job:
    """A file to be checked; `kind` as one.check has it."""

    path: Path
    kind: str
    project: Project


@dataclass(frozen=True)
class Checked:
    """A file's findings; `known`: they were in the cache."""

    path: Path
    findings: list[Finding]
    known: bool = False


# A file for another process: the job's number, its path, the project's number, kind and name.
_Handed = tuple[int, str, int, str, str]


@dataclass
class _Part:
    """Files that one process checks in one go: the numbers of their jobs, and their size in bytes."""

    files: list[int] = field(default_factory=list)
    size: int = 0


def jobs_of(settings: Settings, paths: Sequence[Path]) -> list[Job]:
    """Every Python file of the paths, and of zips among them, once, in order. Raises LocalError for a path that does not exist
    or cannot be read."""
    if not paths:
        folders = [settings.mwaa_project / name for name in ("dags", "plugins")]
        paths = [folder for folder in folders if folder.is_dir()]
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise LocalError(f"There is no {path}.", "give files, or folders with Python files")
        for each in _files_in(path):
            found.setdefault(each.resolve(), each)
    return [_job(settings, real, path) for real, path in found.items()]


def _files_in(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from python_files(path)
        zips = zip_files(path)
    elif is_zip(path):
        zips = iter([path])
    else:
        yield path
        return
    for archive in zips:
        try:
            yield from members(archive)
        except OSError as problem:
            raise _unreadable(archive, problem) from None


def _unreadable(path: Path, problem: OSError) -> LocalError:
    return LocalError(f"{path} cannot be read: {problem.strerror}.", "make it readable, or leave it out")


def check_all(jobs: Sequence[Job], cache: Cache, processes: int = 0) -> list[Checked]:
    """In the order of the jobs. `processes`: 0 takes one for each CPU, as far as there is enough to do."""
    results: dict[int, Checked] = {}
    todo: list[tuple[int, bytes]] = []
    keys: dict[int, str] = {}
    fingerprints = {id(job.project): job.project.fingerprint() for job in jobs}
    for number, job in enumerate(jobs):
        try:
            content = content_of(job.path)
        except OSError as problem:
            raise _unreadable(job.path, problem) from None
        keys[number] = cache.key(content, fingerprints[id(job.project)], job.kind, job.path.stem)
        findings = cache.get(keys[number])
        if findings is None:
            todo.append((number, content))
        else:
            results[number] = Checked(job.path, findings, known=True)
    for number, findings in _checked(jobs, todo, processes):
        cache.put(keys[number], findings)
        results[number] = Checked(jobs[number].path, findings)
    return [results[number] for number in range(len(jobs))]


def check_files(settings: Settings, files: Sequence[Path], cache: Cache) -> list[Checked]:
    """For a process that lives on: what the projects have beside the files is read again. Raises LocalError."""
    _project.cache_clear()
    return check_all(jobs_of(settings, files), cache)


def _job(settings: Settings, real: Path, path: Path) -> Job:
    own = settings.mwaa_project.resolve()
    folder = own if real.is_relative_to(own) and own != ROOT else nearest(real.parent) or own
    project = _project(folder)
    return Job(path, "plugins" if real.is_relative_to((folder / "plugins").resolve()) else "dags", project)


@lru_cache(maxsize=256)
def _project(folder: Path) -> Project:
    return read(folder)


def _checked(jobs: Sequence[Job], todo: list[tuple[int, bytes]], processes: int) -> Iterator[tuple[int, list[Finding]]]:
    size = sum(len(content) for _, content in todo)
    many = processes or min(_cpus(), _MOST)
    harmless = [each for each in todo if len(each[1]) < HARMLESS]
    large = [(number, len(content)) for number, content in todo if len(content) >= HARMLESS]
    with _Progress(len(todo)) as progress:
        if harmless and (many == 1 or size < WORTH_A_POOL):
            for number, content in harmless:
                job = jobs[number]
                yield number, one.check(content, _index(), job.project, job.kind, job.path.stem)
                progress.step()
            harmless = []
        parts = _parts([(number, len(content)) for number, content in harmless], many)
        parts += [_Part([number], length) for number, length in large]
        if parts:
            for number, findings in _in_processes(jobs, parts, min(many, len(parts))):
                yield number, findings
                progress.step()


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _parts(files: list[tuple[int, int]], processes: int) -> list[_Part]:
    """Parts of like size, several for each process, so that none waits long for another."""
    wanted = sum(length for _, length in files) / (processes * 6) + 1
    parts: list[_Part] = []
    for number, length in files:
        if not parts or parts[-1].size + length > wanted or len(parts[-1].files) == _MOST:
            parts.append(_Part())
        parts[-1].files.append(number)
        parts[-1].size += length
    return parts


def _in_processes(jobs: Sequence[Job], parts: list[_Part], processes: int) -> Iterator[tuple[int, list[Finding]]]:
    """Only names go to the processes, never what is in the files: where one of them ends unasked, Pythons before 3.12 wait for
    ever if more was on its way than a pipe holds."""
    projects = {id(job.project): job.project for job in jobs}
    order = {key: place for place, key in enumerate(projects)}
    done: set[int] = set()

    def handed(number: int) -> _Handed:
        job = jobs[number]
        return number, str(job.path), order[id(job.project)], job.kind, job.path.stem

    try:
        with ProcessPoolExecutor(processes, initializer=_begin, initargs=(list(projects.values()),)) as pool:
            futures = [pool.submit(_work, [handed(number) for number in part.files]) for part in parts]
            for future in as_completed(futures):
                for number, findings in future.result():
                    done.add(number)
                    yield number, findings
    except BrokenProcessPool:
        for number in (number for part in parts for number in part.files if number not in done):
            yield number, _alone(list(projects.values()), handed(number))


def _alone(projects: list[Project], handed: _Handed) -> list[Finding]:
    """A file in a process of its own; if that ends, the file is what ended it."""
    try:
        with ProcessPoolExecutor(1, initializer=_begin, initargs=(projects,)) as pool:
            ((_, findings),) = pool.submit(_work, [handed]).result()
            return findings
    except BrokenProcessPool:
        message = "The code is nested so deeply that Python's own parser ends with it: it was not checked"
        return [Finding(1, 1, "MW004", message, RULES["MW004"].fix)]


_in_process: dict[str, list[Project]] = {}


def _begin(projects: list[Project]) -> None:
    _in_process["projects"] = projects
    _index()


@lru_cache(maxsize=1)
def _index() -> Index:
    return Index.load()


def _work(files: list[_Handed]) -> list[tuple[int, list[Finding]]]:
    projects = _in_process["projects"]
    return [
        (number, one.check(content_of(Path(path)), _index(), projects[project], kind, name))
        for number, path, project, kind, name in files
    ]


class _Progress:
    """Says how far it is, but only after two seconds."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._begun = total, 0, time.monotonic()
        self._status: AbstractContextManager[object] | None = None

    def __enter__(self) -> _Progress:
        return self

    def step(self) -> None:
        self._done += 1
        if time.monotonic() - self._begun < _QUIET:
            return
        if self._status is None:
            self._status = err.status("Checking ...")
            self._status.__enter__()
        update = getattr(self._status, "update", None)
        if update:
            update(f"Checking ... {self._done} of {self._total} files")

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.__exit__(None, None, None)
