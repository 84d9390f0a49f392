"""The local AWS account without the rest of the stack: LocalStack with its Glue, seeded, for one command that needs no more.

It has a state folder of its own below that of the stack, and a free port, so neither `make up` nor another command is in its
way. It runs natively in either mode; the environments that it needs are installed when they are missing.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mwaa_local import secrets
from mwaa_local.console import note
from mwaa_local.environments import Installer, stack_environments
from mwaa_local.errors import NotReady
from mwaa_local.native.stack import SCRIPTS, NativeStack
from mwaa_local.native.sweep import sweep
from mwaa_local.ports import free_ports, is_free
from mwaa_local.redirection import redirect_aws
from mwaa_local.seed import seed, seed_file_of
from mwaa_local.settings import Settings, load

SHARED = ("venvs", "pythons", "postgres")
"""What is installed once for the stack and for this."""
PATIENCE = 2.0  # seconds for which one health check asks


@contextmanager
def aws_alone(settings: Settings) -> Iterator[NativeStack]:
    """Starts it, seeds it, stops it at the end with every Glue run that is left. Raises LocalError."""
    settings.mwaa_state.mkdir(parents=True, exist_ok=True)
    Installer(replace(settings, mode="native")).install(stack_environments())
    with _state_folder(settings.mwaa_state) as folder:
        env_id = secrets.ensure(folder)["MWAA_ENV_ID"]
        stack = NativeStack(replace(settings, mode="native", mwaa_state=folder, aws_port=_port(folder)), env_id)
        stack.settings.write()
        redirect_aws(stack.settings)
        sweep(env_id)
        try:
            _start(stack)
            seeded = seed(
                endpoint=stack.settings.endpoint,
                region=settings.aws_default_region,
                project=settings.mwaa_project,
                seed_file=seed_file_of(settings.mwaa_project),
                log=lambda _: None,
            )
            note(str(seeded))
            yield stack
        finally:
            sweep(env_id, patience=20)


def serve(settings: Settings) -> None:
    """Keeps it up until standard input ends; prints where it is as one line of JSON."""
    with aws_alone(settings) as stack:
        print(json.dumps({"endpoint": stack.settings.endpoint, "state": str(stack.settings.mwaa_state)}), flush=True)
        sys.stdin.read()


@contextmanager
def _state_folder(state: Path) -> Iterator[Path]:
    """`alone` below the stack's state, where S3 is kept from one command to the next; a new one while another has it."""
    kept = state / "alone"
    kept.mkdir(exist_ok=True)
    with open(state / "alone.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            kept = Path(tempfile.mkdtemp(prefix="alone-", dir=state))
        for name in SHARED:
            if (state / name).exists() and not (kept / name).exists():
                (kept / name).symlink_to(state / name)
        try:
            yield kept
        finally:
            if kept.name != "alone":
                shutil.rmtree(kept, ignore_errors=True)


def _port(folder: Path) -> int:
    """The port of the last time, for which the endpoint tables are made; another one if it is taken."""
    file = folder / "port"
    if file.is_file() and is_free(port := int(file.read_text())):
        return port
    [port] = free_ports(1)
    file.write_text(str(port))
    return port


def _start(stack: NativeStack) -> None:
    settings = stack.settings
    settings.log_folder.mkdir(exist_ok=True)
    note("No stack runs: starting LocalStack alone ...")
    with settings.log("localstack").open("w") as log:
        process = subprocess.Popen(
            [SCRIPTS / "localstack"], env=stack.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + settings.up_timeout
    while not stack.health("localstack", PATIENCE)[0]:
        if process.poll() is not None:
            raise NotReady("localstack", f"ended (exit code {process.returncode})", settings.log("localstack"))
        if time.monotonic() > deadline:
            what = f"was not healthy after {settings.up_timeout} s"
            raise NotReady("localstack", what, settings.log("localstack"))


if __name__ == "__main__":
    # a killed test run must clean up as an ended one does
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    serve(load())
