"""The running stack's Airflow, asked through one long-lived process: see mwaa_airflow.attendant."""

import json
import os
import select
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

from mwaa_airflow.dagtest.project import CHECKOUT

PATIENCE = 120.0  # seconds for an answer, beyond what the request itself may take
STOPS = 10.0  # seconds for the process to end after its standard input has


class NoStack(RuntimeError):
    """No stack runs, or its Airflow cannot be reached; says what to do."""


class StackError(AssertionError):
    """The stack's Airflow did not do what was asked; says why."""


def state_folder() -> Path:
    """The stack's state folder, as stack/bin/dag-tests knows it."""
    return Path(os.environ.get("MWAA_STATE") or str(CHECKOUT / ".local"))


def command_line(*words: str) -> Dict[str, Any]:
    """What subprocess needs to run mwaa_local.attendant: in the command line's own environment, with nothing of ours."""
    folder = state_folder()
    python = folder / "venvs" / "cli" / "bin" / "python"
    if not python.is_file():
        raise NoStack("No stack is installed in {}. Next: make up".format(folder))
    own = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "AIRFLOW_", "PYTHON"))}
    environment = dict(own, MWAA_STATE=str(folder), PYTHONPATH=str(CHECKOUT / "src" / "mwaa_local"))
    return {"args": [str(python), "-m", "mwaa_local.attendant", *words], "env": environment}


class RemoteAirflow:
    """One process for a test run. `stack`: how the host reaches the stack; `airflow`: what Airflow says of itself."""

    def __init__(self) -> None:
        self._said = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115  closed by close()
        self._lock, self._number, self._unread = threading.Lock(), 0, b""
        self._process = subprocess.Popen(
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, bufsize=0,
            start_new_session=True,  # the terminal's Ctrl-C ends the test; what it cleans up by is ended after that
            **command_line()
        )  # fmt: skip
        try:
            self.stack: Dict[str, str] = self._line(PATIENCE)
            if "error" in self.stack:
                raise NoStack(self.stack["error"])
            self.airflow: Dict[str, Any] = self.ask("about")
        except StackError as error:
            raise NoStack(str(error)) from None
        except BaseException:
            self.close()
            raise

    def ask(self, what: str, takes: float = 0.0, **arguments: Any) -> Any:
        """The answer to a request that may take so many seconds. Raises StackError."""
        __tracebackhide__ = True
        with self._lock:
            self._number += 1
            request = dict(arguments, id=self._number, do=what)
            try:
                self._process.stdin.write((json.dumps(request, default=str) + "\n").encode())  # type: ignore[union-attr]
            except OSError:
                raise StackError(self._gone()) from None
            deadline = time.monotonic() + takes + PATIENCE
            while True:
                answer = self._line(deadline - time.monotonic())
                if answer["id"] == self._number:  # others: of requests that Ctrl-C has cut short
                    break
        if "error" in answer:
            raise StackError(answer["error"])
        return answer["answer"]

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(STOPS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def _line(self, seconds: float) -> Any:
        __tracebackhide__ = True
        deadline = time.monotonic() + seconds
        out = self._process.stdout.fileno()  # type: ignore[union-attr]
        while b"\n" not in self._unread:
            readable, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise StackError("The stack's Airflow has not answered for {:.0f} s. Next: make status".format(seconds))
            more = os.read(out, 1 << 16)
            if not more:
                raise StackError(self._gone())
            self._unread += more
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line.decode())

    def _gone(self) -> str:
        self._said.seek(0)
        last = self._said.read().decode(errors="replace").strip().splitlines()[-15:]
        text = "The process that asks the stack's Airflow has ended. Next: make status. Its last words:\n{}"
        return text.format("\n".join(last) or "(none)")


def create_glue_jobs(folder: Path) -> List[str]:
    """Creates the jobs of a folder like glue/ in the running stack; their names. Raises StackError."""
    done = subprocess.run(stdout=subprocess.PIPE, stderr=subprocess.PIPE, **command_line("glue", str(folder)))
    found: Optional[Dict[str, Any]] = json.loads(done.stdout.decode()) if done.stdout.startswith(b"{") else None
    if found is None or "error" in found:
        raise StackError((found or {}).get("error") or done.stderr.decode(errors="replace")[-2000:])
    return list(found["jobs"])
