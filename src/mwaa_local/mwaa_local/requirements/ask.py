"""pip in Airflow's interpreter, asked what it would install (mwaa_airflow.check.resolve): time limit, progress, and an end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mwaa_local import configuration_options
from mwaa_local.checked_yaml import BadFile
from mwaa_local.console import err, note
from mwaa_local.environments import Installer, package_environments, stack_environments
from mwaa_local.errors import LocalError
from mwaa_local.requirements.lines import masked
from mwaa_local.settings import ROOT, Settings

TELLING_EVERY = 10.0  # seconds, where no terminal shows the last line
GRACE = 5.0  # seconds from SIGTERM to SIGKILL
THEN = "315532800"  # 1980: what is built twice is equal


class TooLong(LocalError):
    """pip did not end in time."""


def python(settings: Settings) -> Path:
    """Airflow's interpreter, installed where it is missing."""
    Installer(settings).install([one for one in stack_environments() if one.name == "airflow"])
    return settings.venv_python("airflow")


def tools(settings: Settings) -> Path:
    """A folder with what pip builds wheels with, installed where it is missing."""
    installer, (environment,) = Installer(settings), package_environments()
    installer.install([environment])
    return installer.place(environment)


def official(settings: Settings) -> Path:
    """Where the official constraints are kept, once they were fetched: they never change."""
    return settings.mwaa_state / "constraints-2.2.2" / "constraints-3.7.txt"


def environment(settings: Settings) -> dict[str, str]:
    """What pip sees: the caller's variables and, as on MWAA, the options of airflow-config.yaml."""
    own = {name: value for name, value in Installer.clean_environment().items() if not name.startswith("MWAA_")}
    with suppress(BadFile):
        own |= configuration_options.load(settings.mwaa_project).as_environment()
    return own


def ask(settings: Settings, work: Path, *more: str, alone: Path | None = None) -> dict[str, Any]:
    """The answer of mwaa_airflow.check.resolve; `work` gets what is written on the way. Raises TooLong, LocalError.

    `alone` is another project, for which nothing counts that pip has by configuration or variables of this machine.
    """
    more = ("--project", str(alone or settings.mwaa_project), "--official", str(official(settings)), *more)
    command = [str(python(settings)), "-W", "ignore", "-m", "mwaa_airflow.check.resolve", "--work", str(work), *more]
    variables = environment(settings)
    if alone:
        variables = {k: v for k, v in variables.items() if not k.startswith("PIP_")} | {"PIP_CONFIG_FILE": os.devnull}
    variables |= {
        "PYTHONPATH": str(ROOT / "src" / "mwaa_airflow"),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(work),
        "SOURCE_DATE_EPOCH": THEN,
        "CFLAGS": f"{variables.get('CFLAGS', '')} -g0".strip(),  # what helps to debug names the folder of the build
    }
    said = _follow(command, variables, settings.requirements_timeout)
    try:
        answer: dict[str, Any] = json.loads((work / "report.json").read_text(errors="surrogateescape"))
    except (OSError, ValueError):
        last = "\n".join(f"  {masked(line)}" for line in said[-15:])
        raise LocalError(f"pip could not be asked. It said:\n{last}", "make doctor") from None
    return answer


def _follow(command: list[str], variables: Mapping[str, str], limit: int) -> list[str]:
    """Runs it to its end, its last line as progress; returns what it printed. However this ends, nothing of it is left."""
    process = subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    late = threading.Event()

    def end() -> None:
        late.set()
        _end(process)

    timer = threading.Timer(limit, end)
    timer.daemon = True
    timer.start()
    said: list[str] = []
    told = time.monotonic()
    try:
        with err.status("Asking pip ...") as status:
            assert process.stdout
            for line in process.stdout:
                said.append(line.rstrip())
                now = f"pip: {masked(line.strip())[:100]}".replace("[", "\\[")
                if line.strip():
                    status.update(now)
                if not err.is_terminal and time.monotonic() > told + TELLING_EVERY:
                    note(now)
                    told = time.monotonic()
            process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            _end(process)
    if late.is_set():
        raise TooLong(
            f"pip did not end within {limit} seconds (REQUIREMENTS_TIMEOUT); MWAA gives it 10 minutes.",
            "pin versions and add the constraint line, so that pip has less to try",
        )
    return said


def _end(process: subprocess.Popen[str]) -> None:
    """Ends it and its children; those that do not listen are killed once it is gone, or after a while."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
