"""supervisord: keeps the roles running, restarts and logs them. Order and readiness are decided elsewhere."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from mwaa_local.errors import LocalError
from mwaa_local.roles import Role
from mwaa_local.settings import ROOT, Settings

# What a process of the stack may see of the caller's environment: nothing of AWS, Airflow or Python.
PASSED_ON = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_INDEX_URL", "PIP_CERT"),
    # of the package index, for Glue jobs that install modules
    *("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CONFIG_FILE"),
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INSECURE_HOST"),
)
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 bytes on Linux, 104 on macOS


class Supervisor:
    """One supervisord for one install."""

    def __init__(self, settings: Settings, env_id: str) -> None:
        self.settings, self.env_id = settings, env_id
        self.pid_file = settings.run_folder / "supervisord.pid"
        self.config = settings.run_folder / "supervisord.conf"
        self.socket = _socket_path(settings.run_folder)

    @property
    def _rpc(self) -> Any:
        """A connection of its own for each call, as several threads ask at once."""
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self.socket}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def is_running(self) -> bool:
        """Whether the process lives; a stale pid file (of a process that is gone or another's) counts as no."""
        process = self.process()
        return process is not None and process.is_running()

    def process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self.pid_file.read_text()))
            return process if process.environ().get("MWAA_ENV_ID") == self.env_id else None
        except (OSError, ValueError, psutil.Error):
            return None

    def start(self, roles: list[Role]) -> None:
        """Starts supervisord with every role stopped.

        Raises LocalError with its words when it does not come up.
        """
        self.settings.log_folder.mkdir(parents=True, exist_ok=True)
        self.settings.run_folder.mkdir(parents=True, exist_ok=True)
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.config.write_text(self._configuration(roles))
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment(), cwd=ROOT)
        if done.returncode or not self._answers():
            said = (done.stderr or done.stdout).strip() or f"it does not answer on {self.socket}"
            raise LocalError(f"The supervisor did not start: {said}", f"see {self.settings.log('supervisor')}")

    def environment(self) -> Mapping[str, str]:
        """The environment that every role starts from."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        own = {"MWAA_ENV_ID": self.env_id, "MWAA_STATE": str(self.settings.mwaa_state), "PYTHONUNBUFFERED": "1"}
        # gunicorn and Airflow rename their processes, which by default overwrites the environment that sweep() reads
        return kept | own | {"SPT_NOENV": "1"}

    def start_role(self, name: str) -> None:
        """Asks for a start and returns at once; a role that runs already is left alone."""
        try:
            self._rpc.startProcess(name, False)
        except Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise

    def restart_role(self, name: str) -> None:
        try:
            self._rpc.stopProcess(name)
        except Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise
        self.start_role(name)

    def states(self) -> dict[str, dict[str, object]]:
        """Each role's state as supervisord sees it: statename, pid, start (epoch seconds), exitstatus, spawnerr."""
        try:
            return {info["name"]: info for info in self._rpc.getAllProcessInfo()}
        except (OSError, Fault):
            return {}

    def stop(self) -> None:
        """Stops every role and supervisord itself; returns when its process is gone."""
        process = self.process()
        if process is None:
            return
        try:
            self._rpc.shutdown()
        except (OSError, Fault):
            process.terminate()
        try:
            process.wait(timeout=60)
        except psutil.TimeoutExpired:
            process.kill()

    def _answers(self) -> bool:
        @retry(stop=stop_after_delay(10), wait=wait_fixed(0.02), retry=retry_if_result(lambda up: not up))
        def ask() -> bool:
            return bool(self.states())

        return ask()

    def _configuration(self, roles: list[Role]) -> str:
        logs = self.settings.log_folder
        parts = [
            "; generated at every `make up`",
            "[supervisord]",
            f"pidfile={self.pid_file}",
            f"logfile={logs / 'supervisor.log'}",
            "logfile_maxbytes=5MB",
            "logfile_backups=1",
            f"childlogdir={logs}",
            *(["user=root"] if os.getuid() == 0 else []),
            "[unix_http_server]",
            f"file={self.socket}",
            "chmod=0700",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for role in roles:
            parts += self._program(role.name, [ROOT / "stack" / "bin" / role.name], role)
        keeper = [sys.executable, "-m", "mwaa_local.native.keeper", self.pid_file]
        parts += self._program("keeper", keeper, Role("keeper"), autostart=True)
        agent = [ROOT / "stack" / "bin" / "cloudwatch-agent"]
        parts += self._program("cloudwatch-agent", agent, Role("cloudwatch-agent"), autostart=True)
        return "\n".join(parts).replace("%", "%%") + "\n"

    def _program(self, name: str, command: Sequence[object], role: Role, autostart: bool = False) -> list[str]:
        log = self.settings.log(name)
        return [
            f"[program:{name}]",
            f"command={shlex.join(map(str, command))}",
            f"autostart={str(autostart).lower()}",
            f"autorestart={str(not role.once).lower()}",
            # a role that ends within this time is started again with growing pauses, then given up (FATAL)
            f"startsecs={0 if role.once else 2}",
            "startretries=4",
            f"stopsignal={role.stop_signal}",
            f"stopwaitsecs={role.stop_seconds}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={log}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=2",
        ]


def _socket_path(folder: Path) -> Path:
    """Where the control socket lies: in the run folder, or, when that path is too long for a socket, in a private one."""
    path = folder / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mwaa-local-{os.getuid()}-{name}" / "supervisor.sock"
