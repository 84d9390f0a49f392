"""Fixtures of the end-to-end tests: a project (the shipped one plus tests/e2e/project) and a whole stack on it."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mwaa_local.settings import ROOT
from tests.support.stack import StackUnderTest

sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder of its own, as MWAA_PROJECT, in which a test may break things."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("dags", "glue", "plugins", "startup"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "tests" / "e2e" / "project", folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "stack" / "seed.yaml", folder / "seed.yaml")
    return folder


@pytest.fixture(scope="session")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """The stack that most tests share; each leaves it healthy."""
    # a task whose process was killed is found after this time; MWAA's 300 s would make the tests of that very long
    settings = {"MWAA_PROJECT": str(project), "SCHEDULER_ZOMBIE_TASK_THRESHOLD": "30", "GLUE": "5.1"}
    # likewise what a worker's tasks are given to end; MWAA's 120 s
    settings["WORKER_STOP_TIMEOUT"] = "2"
    running = StackUnderTest(tmp_path_factory.mktemp("stack") / "state", **settings)
    try:
        running.up()
        yield running
    finally:
        running.destroy()


@pytest.fixture
def new_stack(project: Path, tmp_path: Path) -> Iterator[Callable[..., StackUnderTest]]:
    """Makes further stacks, not started yet; each is ended after the test."""
    made: list[StackUnderTest] = []

    def make(**settings: str) -> StackUnderTest:
        made.append(StackUnderTest(tmp_path / f"state-{len(made)}", **{"MWAA_PROJECT": str(project)} | settings))
        return made[-1]

    yield make
    for one in made:
        one.destroy()


@pytest.fixture
def run_id() -> str:
    return f"test__{uuid.uuid4().hex[:12]}"
