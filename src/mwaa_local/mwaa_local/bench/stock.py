"""Airflow as it comes, to compare with: the stack's very interpreter and packages, none of our start-up code.

The interpreter is the one that the Airflow environment was made from, with that environment's packages on PYTHONPATH:
.pth files (ours: guard and quick start) count only in site-packages. Configuration is Airflow's default but for what
it cannot run without: executor, database, folders, keys, the endpoint of AWS.
"""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from mwaa_local.bench.stage import Database, OwnState, end, run, start
from mwaa_local.errors import LocalError, NotReady
from mwaa_local.native.supervisor import Supervisor
from mwaa_local.settings import ROOT, Settings
from mwaa_local.up import with_ports

LONGEST_START = 300.0  # seconds


class StockAirflow(OwnState):
    """Scheduler and web server of stock Airflow with a PostgreSQL of their own, from the same binaries and settings."""

    def __init__(self, folder: Path, installed: Settings, executor: str, aws: Settings | None = None) -> None:
        """`executor`: LocalExecutor or SequentialExecutor; `aws`: the stack whose endpoint it uses."""
        super().__init__(folder, installed)
        self.executor, self.aws = executor, aws
        self.settings = with_ports(replace(self.settings, mode="native"))
        self._inherited = dict(Supervisor(self.settings, self.secrets["MWAA_ENV_ID"]).environment())
        self._processes: list[subprocess.Popen[bytes]] = []
        self._postgres: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Starts PostgreSQL and brings its database to Airflow's schema, with the account `admin`."""
        self.settings.write()
        bin_ = ROOT / "stack" / "bin"
        with open(self.folder / "postgres.log", "wb") as log:
            self._postgres = start([str(bin_ / "postgres")], self._inherited, log)
        self._wait_for_postgres()
        run([str(bin_ / "migrate")], self._inherited, self.folder)
        self._write_program()

    @property
    def database(self) -> Database:
        return Database(self.settings, self.secrets["POSTGRES_PASSWORD"])

    def environment(self) -> dict[str, str]:
        packages = next((self.settings.mwaa_state / "venvs" / "airflow" / "lib").glob("python3*/site-packages"))
        password, port = self.secrets["POSTGRES_PASSWORD"], self.settings.postgres_port
        database = f"postgresql+psycopg2://airflow:{password}@127.0.0.1:{port}/airflow"
        own = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{self._inherited.get('PATH', '')}",
            "PYTHONPATH": str(packages),
            "AIRFLOW_HOME": str(self.folder / "stock"),
            "AIRFLOW__CORE__EXECUTOR": self.executor,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SQL_ALCHEMY_CONN": database,
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.settings.mwaa_project / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.settings.mwaa_project / "plugins"),
            "AIRFLOW__CORE__FERNET_KEY": self.secrets["FERNET_KEY"],
            "AIRFLOW__WEBSERVER__SECRET_KEY": self.secrets["WEBSERVER_SECRET_KEY"],
            # nothing that we start listens on anything but loopback
            "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(self.settings.web_port),
        }
        return self._inherited | own | self._aws()

    def _aws(self) -> dict[str, str]:
        """The endpoint by connection and by data path; and nothing that could find a real account."""
        closed = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.settings.aws_default_region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        if self.aws is None:
            return closed
        data = self.aws.mwaa_state / "aws" / "airflow"
        connection = f"aws://test:test@/?host={self.aws.endpoint}&region_name={self.aws.aws_default_region}"
        return closed | {
            "AIRFLOW_CONN_AWS_DEFAULT": connection,
            "AWS_DATA_PATH": str(data),
            "AWS_CONFIG_FILE": str(data / "aws.config"),
            "AWS_STS_REGIONAL_ENDPOINTS": "regional",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Airflow's command line: run("dags", "trigger", "impressions")."""
        command = [str(self.folder / "bin" / "airflow"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=self.environment())

    def begin(self, *arguments: str) -> None:
        """A command of Airflow's that stays, in the background."""
        with open(self.folder / f"{arguments[0]}.log", "wb") as log:
            self._processes.append(start([str(self.folder / "bin" / "airflow"), *arguments], self.environment(), log))

    def start_scheduler(self) -> None:
        # the log server would listen on every address
        self.begin("scheduler", "--skip-serve-logs")

    def local_runner_start(self) -> float:
        """One after the other what AWS's local runner does in its container; returns the seconds until it is healthy.

        The order of its docker/script/entrypoint.sh: db init, scheduler in the background, two seconds, users create,
        webserver. Left out, which can only make it quicker: Docker, PostgreSQL's start, `pip install -r requirements`,
        the scheduler's log server.
        """
        begun = time.monotonic()
        since = time.time()
        run([str(self.folder / "bin" / "airflow"), "db", "init"], self.environment(), self.folder)
        self.start_scheduler()
        time.sleep(2)
        admin = ("--role", "Admin", "--username", "admin", "--email", "admin@example.com", "--firstname", "admin")
        account = (*admin, "--lastname", "user", "--password", "test")
        run([str(self.folder / "bin" / "airflow"), "users", "create", *account], self.environment(), self.folder)
        self.begin("webserver")
        self._wait_until_healthy(since)
        return time.monotonic() - begun

    def stop(self) -> None:
        """Ends Airflow; PostgreSQL stays."""
        for process in self._processes:
            end(process, patience=15)
        self._processes.clear()

    def close(self) -> None:
        self.stop()
        if self._postgres:
            end(self._postgres)
        self.sweep()

    def _wait_for_postgres(self) -> None:
        @retry(
            stop=stop_after_delay(30),
            wait=wait_fixed(0.1),
            retry=retry_if_exception_type(subprocess.CalledProcessError),
            reraise=True,
        )
        def ask() -> None:
            self.database.rows("SELECT 1")

        try:
            ask()
        except subprocess.CalledProcessError:
            raise NotReady("postgres", "does not answer after 30 s", self.folder / "postgres.log") from None

    def _wait_until_healthy(self, since: float) -> None:
        """Until /health reports the database and a scheduler whose heartbeat is younger than `since` (epoch seconds).

        A request may wait in the socket's queue for the first worker: so there is no pause before its answer is seen.
        """
        give_up = time.monotonic() + LONGEST_START
        while time.monotonic() < give_up:
            with suppress(httpx.HTTPError, ValueError):
                answer = httpx.get(f"{self.settings.web_url}/health", timeout=60).json()
                parts = (answer["metadatabase"]["status"], answer["scheduler"]["status"])
                if parts == ("healthy", "healthy") and self._scheduler_beat(since):
                    return
            if any(process.poll() is not None for process in self._processes):
                break
            time.sleep(0.05)
        raise NotReady("stock Airflow", "did not become healthy", self.folder / "webserver.log")

    def _scheduler_beat(self, since: float) -> bool:
        query = "SELECT 1 FROM job WHERE job_type = 'SchedulerJob' AND state = 'running'"
        query += " AND latest_heartbeat > to_timestamp(:'since'::float)"
        return bool(self.database.rows(query, since=str(since)))

    def _write_program(self) -> None:
        """The program `airflow`, which the SequentialExecutor looks for on the PATH."""
        stamp = (self.settings.mwaa_state / "venvs" / "airflow" / ".made-from").read_text().split()
        if len(stamp) < 2:
            raise LocalError("The Airflow environment does not say which interpreter it was made from.", "make up")
        program = self.folder / "bin" / "airflow"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{stamp[1]}" -m airflow "$@"\n')
        program.chmod(0o755)
