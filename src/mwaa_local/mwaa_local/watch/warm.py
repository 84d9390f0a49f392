"""The process of Airflow's side that runs the rounds: mwaa_airflow.dagtest.warm, in the environment of stack/bin/dag-tests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, Settings
from mwaa_local.watch.affected import Affected
from mwaa_local.watch.memory import Memory
from mwaa_local.watch.places import Places

_ENOUGH = 10.0  # seconds for it to end by itself


class Warm:
    """`post` is called with each event, from a thread; the last of a process is {"event": "gone"}. Events have the `process`
    that they are from, counted from 1."""

    def __init__(self, settings: Settings, places: Places, post: Callable[[dict[str, Any]], None]) -> None:
        self._settings, self._places, self._post = settings, places, post
        self._process: subprocess.Popen[bytes] | None = None
        self.log = settings.log_folder / "watch.log"
        self.number = 0

    def start(self) -> None:
        self.number += 1
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [ROOT / "stack" / "bin" / "dag-tests", "--warm", self._places.project, *self._places.tests]
        environment = os.environ | {"MWAA_STATE": str(self._settings.mwaa_state)}
        with self.log.open("ab" if self.number > 1 else "wb") as log:
            # not of the terminal's group: Ctrl-C is ours to pass on
            self._process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env=environment, start_new_session=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, args=(self._process, self.number), daemon=True).start()

    def ask(
        self, number: int, what: Affected, memory: Memory, slow: list[str] | None = None, aws_state: str = ""
    ) -> None:
        """Starts round `number`; one that runs is cancelled. With `slow`: those tests alone, which need the AWS account."""
        self._send(
            {"do": "round", "id": number, "aws_state": aws_state or None, **request(what, self._places, memory, slow)}
        )

    def cancel(self) -> None:
        self._send({"do": "cancel"})

    def close(self) -> None:
        """Ends it with all its processes."""
        process, self._process = self._process, None
        if process is None:
            return
        descendants = _descendants(process.pid)
        assert process.stdin
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_ENOUGH)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for each in descendants:
            with contextlib.suppress(psutil.Error):
                each.kill()

    def why_it_ended(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:] if self.log.is_file() else []
        return "\n".join(lines)

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(OSError):  # it has ended: that comes as an event
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self, process: subprocess.Popen[bytes], number: int) -> None:
        assert process.stdout
        for line in process.stdout:
            try:
                self._post(json.loads(line) | {"process": number})
            except ValueError:
                continue
        self._post({"event": "gone", "process": number, "code": process.wait()})


def request(what: Affected, places: Places, memory: Memory, slow: list[str] | None) -> dict[str, Any]:
    """A round as mwaa_airflow.dagtest.watching takes it."""
    if slow is not None:
        tests = sorted(slow)
        holding = sorted({str(module) for module in places.test_modules() if _may_hold(module, tests)})
        return {"files": [], "modules": holding, "whole": [], "tests": tests, "seen": None, "slow": True, "dags": []}
    whole = {str(path) for path in what.whole if path.exists()}
    chosen = [name for name in what.tests if name in memory.tests]
    modules = set(whole) | {memory.tests[name].module for name in chosen}
    if what.unseen:
        modules |= {str(module) for module in places.test_modules()}
    dags = {
        dag for name, test in memory.tests.items() if name in what.tests or test.module in whole for dag in test.dags
    }
    return {
        "files": None if what.files is None else sorted(str(path) for path in what.files),
        "gone": sorted(str(path) for path in what.gone),
        "modules": sorted(path for path in modules if Path(path).exists()),
        "whole": sorted(whole),
        "tests": sorted(chosen),
        "seen": sorted(memory.tests) if what.unseen else None,
        "slow": False,
        "dags": sorted(dags),
    }


def _may_hold(module: Path, tests: list[str]) -> bool:
    return any(f"{module.name}::" in test for test in tests)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def require(settings: Settings) -> None:
    """Installs what it runs in. Raises LocalError."""
    from mwaa_local.environments import Installer, stack_environments, test_environments

    wanted = [
        each for each in (*stack_environments(), *test_environments()) if each.name in ("airflow", "airflow-test")
    ]
    if len(wanted) != 2:
        raise LocalError("Airflow's environments have other names now.")
    Installer(settings).install(wanted)
