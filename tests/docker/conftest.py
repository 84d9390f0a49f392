"""Fixtures of the tests that only Docker mode needs: a project, and a stack in containers on it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mwaa_local.settings import ROOT

sys.path.insert(0, str(ROOT))

from mwaa_local.docker.engine import Engine
from mwaa_local.docker.images import REPOSITORIES
from tests.support.stack import StackUnderTest


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder of its own, as MWAA_PROJECT, in which a test may change things."""
    folder = tmp_path_factory.mktemp("project")
    # pytest's own would be closed to the containers' user, who is not the one who runs the tests when that is root
    folder.chmod(0o755)
    for name in ("dags", "glue", "plugins", "startup"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "stack" / "seed.yaml", folder / "seed.yaml")
    return folder


@pytest.fixture(scope="session")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """The stack that the tests share; each leaves it healthy."""
    settings = {"MODE": "docker", "MWAA_PROJECT": str(project), "DAG_DIR_LIST_INTERVAL": "5"}
    running = StackUnderTest(tmp_path_factory.mktemp("stack") / "state", **settings)
    try:
        running.up()
        yield running
    finally:
        running.destroy()


@pytest.fixture(scope="session")
def images(stack: StackUnderTest) -> list[str]:
    """The images that the stack runs, by their names."""
    tag = stack.docker.environment()["IMAGE_TAG"]
    return [f"{repository}:{tag}" for repository in REPOSITORIES]
