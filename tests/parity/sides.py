"""The two sides of the comparison: one stack in each mode, and a way into its roles that is the same for both."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import psutil

from mwaa_local import secrets
from mwaa_local.settings import ROOT
from tests.parity.differences import ADDRESSES
from tests.support.stack import StackUnderTest

WITH_ENVIRONMENT = '. "$0" && exec "$@"'


class Side:
    """One stack. `inside` runs a command where a role runs, with the role's environment."""

    mode = ""

    def __init__(self, stack: StackUnderTest) -> None:
        self.stack = stack

    def command(self, role: str) -> tuple[list[str], Mapping[str, str]]:
        """How to start a command inside, up to the file with the environment, and in which environment to do so."""
        raise NotImplementedError

    def freeze(self, role: str, number: signal.Signals) -> None:
        """Sends SIGSTOP or SIGCONT to every process of a role."""
        raise NotImplementedError

    def inside(self, role: str, *command: str) -> subprocess.CompletedProcess[str]:
        program, environment = self.command(role)
        return subprocess.run([*program, *command], capture_output=True, text=True, env=environment, timeout=120)

    def ask(self, role: str, interpreter: str, code: str) -> Any:
        """What a Python program prints, as JSON, in the interpreter that a variable of the environment names."""
        done = self.inside(role, "bash", "-c", f'exec "${interpreter}" -W ignore -c "$1"', "-", code)
        assert done.returncode == 0, f"{self.mode}, {role}: {done.stderr}"
        return json.loads(done.stdout.splitlines()[-1])

    def health(self, role: str) -> tuple[bool, str]:
        """Whether the role serves, and its line, without what changes from one question to the next."""
        serves, line = self.stack.running.health(role)
        return serves, re.sub(r"\d+", "N", self.neutral(line))

    def roles(self) -> set[str]:
        """What runs, or has run."""
        return {*self.stack.running.processes()}

    @cached_property
    def addresses(self) -> dict[str, str]:
        """The value of each address, by its name in the list."""
        quoted = " ".join(f'"{name}"' for name in ADDRESSES)
        done = self.inside("scheduler", "bash", "-c", f"printf '%s\\0' {quoted}")
        return dict(zip(ADDRESSES, done.stdout.split("\0")))

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """(value, name) of each address and of each value that is this install's alone, longest value first."""
        own = secrets.ensure(self.stack.state) | {"WEB_URL": self.stack.settings.web_url}
        pairs = [(value, f"${name}") for name, value in own.items()]
        pairs += [(value, name) for name, value in self.addresses.items()]
        return sorted(pairs, key=lambda pair: -len(pair[0]))

    def neutral(self, text: str) -> str:
        """The text with the names of addresses and secrets in place of their values."""
        for value, name in self.names:
            text = re.sub(rf"(?<![\w.]){re.escape(value)}(?!\w)", lambda _, name=name: name, text)
        return text


class Native(Side):
    mode = "native"

    def command(self, role: str) -> tuple[list[str], Mapping[str, str]]:
        environment = self.stack.native.supervisor.environment()
        return ["bash", "-c", WITH_ENVIRONMENT, str(ROOT / "stack" / "bin" / "environment")], environment

    def freeze(self, role: str, number: signal.Signals) -> None:
        first = psutil.Process(self.stack.pid(role))
        for process in (first, *first.children(recursive=True)):
            # one that has gone on since they were listed may have been the end of another
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)


class Docker(Side):
    mode = "docker"

    def container(self, role: str) -> str:
        return next(c.id for c in self.stack.docker.containers() if c.service == role)

    def command(self, role: str) -> tuple[list[str], Mapping[str, str]]:
        enter = ["docker", "exec", self.container(role), "bash", "-c"]
        return [*enter, WITH_ENVIRONMENT, "/opt/mwaa-local/stack/bin/environment"], os.environ

    def freeze(self, role: str, number: signal.Signals) -> None:
        # -1: every process but the shell itself and the container's init
        done = self.stack.docker.engine.run("exec", self.container(role), "bash", "-c", f"kill -{number.name[3:]} -1")
        assert done.returncode == 0, done.stderr
