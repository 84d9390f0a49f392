"""Both modes side by side, on the same project and from the same settings."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mwaa_local.settings import ROOT

sys.path.insert(0, str(ROOT))

from tests.parity.sides import Docker, Native, Side
from tests.support.stack import StackUnderTest

# What the native stack may see of the caller's environment: a difference must be one of the modes, not of this machine.
CALLER = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "USER": getpass.getuser(), "LANG": "C.UTF-8"}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in ("dags", "glue", "plugins", "startup"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "tests" / "parity" / "project", folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "stack" / "seed.yaml", folder / "seed.yaml")
    return folder


@pytest.fixture(scope="session")
def sides(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """The native side and the Docker side, both healthy."""

    def make(kind: type[Side]) -> Side:
        state = tmp_path_factory.mktemp(kind.mode) / "state"
        return kind(StackUnderTest(state, MODE=kind.mode, MWAA_PROJECT=str(project)))

    native, docker = made = make(Native), make(Docker)
    own = {name: value for name, value in native.stack.environment.items() if os.environ.get(name) != value}
    native.stack.environment = CALLER | own
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda side: side.stack.up(), made))
        yield native, docker
    finally:
        for side in made:
            side.stack.destroy()
