"""Fixtures of the tests of Airflow's side. They run in Airflow's own interpreter (3.7), with the stack's real roles."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENVS = Path(sys.prefix).parent
sys.dont_write_bytecode = False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(question, seconds=60.0, what="it"):
    """The first true answer of question(), asked every 0.1 s. Fails with the last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < deadline, "{} did not happen within {} s; last answer: {!r}".format(
            what, seconds, answer
        )
        threading.Event().wait(0.1)


class Replica:
    """A state folder of its own, on free ports, and the roles of stack/bin started from it."""

    def __init__(self, folder, **settings):
        self.folder = Path(str(folder))
        self.processes = {}
        project = self.folder / "project"
        (project / "dags").mkdir(parents=True)
        (project / "plugins").mkdir()
        self.settings = dict(
            MODE="native",
            MWAA_ROOT=ROOT,
            MWAA_STATE=self.folder,
            MWAA_PROJECT=project,
            AWS_PORT=free_port(),
            WEB_PORT=free_port(),
            POSTGRES_PORT=free_port(),
            EXECUTOR="celery",
            ENV_CLASS="mw1.small",
            AWS_DEFAULT_REGION="us-east-1",
            ALLOW_REAL_AWS="0",
        )
        self.settings.update(settings)
        self.secrets = dict(
            FERNET_KEY="dLhWYXRlxO_yTu8WvyG4Vh4bcCVtJCAxZCsXyXd7wVI=",
            WEBSERVER_SECRET_KEY=uuid.uuid4().hex,
            POSTGRES_PASSWORD=uuid.uuid4().hex,
            ADMIN_PASSWORD=uuid.uuid4().hex,
            MWAA_ENV_ID=uuid.uuid4(),
        )
        self.write()
        (self.folder / "venvs").symlink_to(VENVS)
        (self.folder / "postgres").mkdir()
        (self.folder / "postgres" / "programs").symlink_to(VENVS.parent / "postgres" / "programs")

    def write(self):
        for name, values in (("settings", self.settings), ("secrets", self.secrets)):
            lines = ["{}='{}'\n".format(key, value) for key, value in values.items()]
            (self.folder / (name + ".env")).write_text("".join(lines))

    @property
    def endpoint(self):
        return "http://127.0.0.1:{}".format(self.settings["AWS_PORT"])

    def _outside(self):
        """The environment of a shell that knows nothing of any stack."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        return dict(kept, MWAA_STATE=str(self.folder))

    def environment(self, **more):
        """What stack/bin/environment gives a role, on top of an outside world that may have anything."""
        script = ". '{}/stack/bin/environment' && env -0".format(ROOT)
        done = subprocess.run(
            ["bash", "-ec", script], env=dict(self._outside(), **more), stdout=subprocess.PIPE, check=True
        )
        return dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)

    def redirect(self):
        from aws_local.endpoints import write

        write(self.endpoint, str(self.folder / "aws" / "airflow"))
        return self

    def python(self, code, *arguments, **more):
        """Runs a program in Airflow's interpreter with the stack's environment; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", code] + [str(one) for one in arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def run(self, role):
        """A one-shot role: (exit code, what it said)."""
        done = subprocess.run(
            [str(ROOT / "stack" / "bin" / role)],
            env=self._outside(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
        return done.returncode, done.stdout

    def start(self, role, **more):
        with open(str(self.folder / (role + ".log")), "a") as log:
            self.processes[role] = subprocess.Popen(
                [str(ROOT / "stack" / "bin" / role)],
                env=dict(self._outside(), **more),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self.processes[role]

    def log(self, role):
        return (self.folder / (role + ".log")).read_text()

    def health(self, role):
        done = subprocess.run(
            [str(ROOT / "stack" / "bin" / "health"), role],
            env=self._outside(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
        return done.returncode == 0, done.stdout.strip()

    def wait(self, *roles):
        for role in roles:
            eventually(lambda role=role: self.health(role)[0], 90, "{} healthy ({})".format(role, self.folder))

    def kill(self, role, signal_number=signal.SIGKILL):
        process = self.processes.pop(role)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        return process.wait(timeout=60)

    def close(self):
        for role in ("worker", "scheduler", "webserver", "localstack"):
            if role in self.processes:
                self.kill(role)
        if "postgres" in self.processes:
            self.kill("postgres", signal.SIGINT)


@pytest.fixture
def replica(tmp_path):
    """A state folder whose roles the test starts itself."""
    instance = Replica(tmp_path)
    yield instance
    instance.close()


class Recorder:
    """An HTTP endpoint on loopback that notes each request and answers like an AWS service with nothing to say."""

    def __init__(self):
        requests = self.requests = []

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                requests.append((self.command, self.path, dict(self.headers), body))
                answer = b"{}"
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = "http://127.0.0.1:{}".format(self.port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="session")
def session_recorder():
    instance = Recorder()
    yield instance
    instance.close()


@pytest.fixture
def recorder(session_recorder):
    """The endpoint of the session, with nothing noted yet."""
    del session_recorder.requests[:]
    return session_recorder


@pytest.fixture(scope="session")
def aws_folder(tmp_path_factory):
    """Where the redirection to the recorder is kept for all tests of the session."""
    return Path(str(tmp_path_factory.mktemp("aws")))
