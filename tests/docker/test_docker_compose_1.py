"""docker-compose 1.29, which Debian 12 still has: a stack comes up with it, and `make reset` leaves nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mwaa_local.docker.engine import Engine
from mwaa_local.docker.stack import DockerStack
from tests.support.stack import StackUnderTest


@pytest.fixture
def without_v2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose `docker` has no Compose plugin."""
    if not shutil.which("docker-compose"):
        pytest.skip("docker-compose is not installed")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-plugins"))
    if Engine().compose([]) != ["docker-compose"]:
        pytest.skip("Compose v2 is a part of this machine's docker, and cannot be left out")


def test_a_stack_comes_up_and_reset_leaves_nothing(without_v2: None, project: Path, tmp_path: Path) -> None:
    """With EXECUTOR=local, which has no worker."""
    settings = {"MODE": "docker", "MWAA_PROJECT": str(project), "EXECUTOR": "local"}
    stack = StackUnderTest(tmp_path / "state", **settings, DOCKER_CONFIG=os.environ["DOCKER_CONFIG"])
    try:
        stack.up()
        assert {c.service for c in stack.docker.containers() if c.state == "running"} == {
            "postgres", "localstack", "scheduler", "webserver",
        }  # fmt: skip
        stack.wait_until_healthy()
        # the settings go with all other state
        docker = stack.docker
        assert all(left_of(docker).values())
        done = stack.command("reset", "--yes")
        assert done.returncode == 0, done.stderr
        assert left_of(docker) == {"container": [], "volume": [], "network": []}
    finally:
        stack.destroy()


def left_of(stack: DockerStack) -> dict[str, list[str]]:
    """The names of what Docker has of this stack, by kind: what bears its mark, or its project's name."""

    def names(kind: str, *options: str) -> set[str]:
        field = "Names" if kind == "container" else "Name"
        every = ["--all"] if kind == "container" else []
        return {*stack.engine.run(kind, "ls", *every, *options, "--format", f"{{{{.{field}}}}}").stdout.split()}

    return {
        kind: sorted(
            names(kind, "--filter", f"label=mwaa-local.env={stack.env_id}")
            | {name for name in names(kind) if name.startswith(stack.project)}
        )
        for kind in ("container", "volume", "network")
    }
