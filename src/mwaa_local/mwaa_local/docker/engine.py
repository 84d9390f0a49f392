"""The Docker engine, and Compose in either of its two forms. Both are asked through their own command lines, for only
those know the user's contexts, credentials and proxies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mwaa_local.errors import LocalError

ANSWER_WITHIN = 10  # seconds


@dataclass(frozen=True)
class Container:
    """A container of Compose: `state` is created, running, restarting, exited ...; `status` is Docker's line for people."""

    id: str
    service: str
    state: str
    status: str

    @property
    def exit_code(self) -> int | None:
        """Of an exited container, from "Exited (1) 3 seconds ago"."""
        return int(self.status.split("(")[1].split(")")[0]) if self.state == "exited" else None


class Engine:
    """The engine that the `docker` command talks to."""

    def answers(self) -> bool:
        """Whether there is an engine, and a Compose to drive it with."""
        return bool(self._version) and bool(self._compose)

    def require(self) -> None:
        """Raises LocalError that says what is missing."""
        native = "or go without: make up MODE=native"
        if not shutil.which("docker"):
            raise LocalError("MODE=docker needs the command `docker`; there is none in PATH.", f"install it, {native}")
        if not self._version:
            raise LocalError(f"No Docker engine answers: {self._said}", f"start it, {native}")
        if not self._compose:
            raise LocalError(
                "Docker is here, but Compose is not: neither `docker compose` nor `docker-compose` works.",
                f"install Docker's Compose plugin, {native}",
            )

    @property
    def is_rootless(self) -> bool:
        """Whether a container's root is the user who runs the engine."""
        return "name=rootless" in str(self._version.get("SecurityOptions"))

    @property
    def cpus(self) -> int:
        """How many CPUs the engine's machine has."""
        return int(str(self._version.get("NCPU") or 1))

    def compose(self, arguments: Sequence[str]) -> list[str]:
        """The command line for Compose."""
        self.require()
        return [*self._compose, *arguments]

    def run(self, *arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        """`docker ...`, its output as text. Raises LocalError where there is no such command."""
        try:
            return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout)
        except FileNotFoundError:
            self.require()
            raise

    def containers(self, labels: Mapping[str, str]) -> list[Container]:
        """All containers of Compose's services that carry the labels, running or not; without those of `compose run`."""
        own = ['{{.Label "com.docker.compose.oneoff"}}', '{{.Label "com.docker.compose.service"}}']
        columns = ["{{.ID}}", *own, "{{.State}}", "{{.Status}}"]
        filters = [part for label in labels.items() for part in ("--filter", "label={}={}".format(*label))]
        listed = self.run("ps", "--all", "--no-trunc", *filters, "--format", "\t".join(columns)).stdout
        rows = [line.split("\t") for line in listed.splitlines()]
        return [Container(id, *rest) for id, oneoff, *rest in rows if oneoff != "True"]

    @cached_property
    def _version(self) -> dict[str, object]:
        """What `docker info` says of the engine; empty if none answers."""
        self._said = "there is no `docker` in PATH"
        if not shutil.which("docker"):
            return {}
        try:
            done = self.run("info", "--format", "{{json .}}", timeout=ANSWER_WITHIN)
        except subprocess.TimeoutExpired:
            self._said = f"not within {ANSWER_WITHIN} s"
            return {}
        found: dict[str, object] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        errors: object = found.get("ServerErrors")
        self._said = done.stderr.strip() or (str(errors) if errors else "no reason given")
        return found if done.returncode == 0 and found.get("ServerVersion") else {}

    @cached_property
    def _compose(self) -> list[str]:
        for command in (["docker", "compose"], ["docker-compose"]):
            if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:
                return command
        return []


def caller_environment(values: Mapping[str, str]) -> dict[str, str]:
    """The environment for Compose: the caller's, in which `values` win; images are built by BuildKit in all versions."""
    own = {"DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1", "BUILDKIT_PROGRESS": "plain"}
    return {**os.environ, **own, **values}
