"""The local AWS account for tests that need it: that of the stack that runs, else LocalStack alone, until the watch ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings

_TO_STOP = 40.0  # seconds


class Aws:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._found: dict[str, Any] = {}
        self.stale = False
        """Whether glue/ or seed.yaml have changed since LocalStack was seeded."""

    def state(self) -> str:
        """The state folder of the account, which is up then. Takes seconds the first time. Raises LocalError."""
        from mwaa_local.stack import last_started

        if self._process is None or self._process.poll() is not None:
            if last_started().is_running():
                return str(self._settings.mwaa_state)
            self._start()
        elif self.stale:
            self._seed()
        self.stale = False
        return str(self._found["state"])

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(_TO_STOP)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()

    def _start(self) -> None:
        log = self._settings.log_folder / "watch-aws.log"
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mwaa_local.aws_alone"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file,
                text=True, start_new_session=True,
            )  # fmt: skip
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.startswith("{"):
            self._process.wait()
            raise LocalError(f"LocalStack for the tests could not be started ({log}).", "make up, or look into the log")
        self._found = json.loads(line)

    def _seed(self) -> None:
        from mwaa_local.seed import seed, seed_file_of

        project: Path = self._settings.mwaa_project
        seed(
            endpoint=self._found["endpoint"],
            region=self._settings.aws_default_region,
            project=project,
            seed_file=seed_file_of(project),
            log=lambda _: None,
        )
