"""Fixtures of every test that talks to LocalStack: `localstack` is shared by the session, `new_localstack` makes one
that the test may stop, kill and damage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.localstack import LocalStack


def pytest_addoption(parser: pytest.Parser) -> None:
    """Here, as pytest takes options only from the folder it is called with. See soak/."""
    group = parser.getgroup("soak")
    group.addoption("--soak-runs", type=int, default=300, help="job runs that the soak starts")
    group.addoption("--soak-seed", type=int, default=None, help="repeats the plan of an earlier soak")


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One LocalStack for all tests that only call it."""
    with LocalStack(tmp_path_factory.mktemp("shared")) as instance:
        yield instance


@pytest.fixture
def new_localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., LocalStack]]:
    """`new_localstack(start=True, **environment)`: one of its own, killed after the test."""
    made: list[LocalStack] = []

    def make(start: bool = True, **environment: str) -> LocalStack:
        instance = LocalStack(tmp_path_factory.mktemp("own"), **environment)
        made.append(instance)
        if start:
            instance.start()
        return instance

    yield make
    for instance in made:
        instance.kill()
