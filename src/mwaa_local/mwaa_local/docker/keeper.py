"""Brings back a container that was killed: `python -m mwaa_local.docker.keeper <Compose project>`.

A process that dies by itself is brought back by its container's restart policy. But Docker takes `docker kill` for a wish of
its user, and leaves such a container alone under every policy. MWAA replaces a lost container whatever it died of, so
this process does: it listens to the engine's events, which costs nothing, and lives from `make up` to `make down`.

It also restarts Airflow when an update through MWAA's API asks for that (mwaa_local.update): no container could.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from mwaa_local import update

MODULE = "mwaa_local.docker.keeper"
KILL = "9"
RECONNECT_FOR = 60.0  # seconds without an engine after which there is nothing left to keep
LOOK_EVERY = 1.0  # seconds between looks for an update that was asked for


def main() -> None:
    threading.Thread(
        target=_update_when_asked, args=(Path(os.environ["MWAA_STATE"]) / update.DOCKER,), daemon=True
    ).start()
    last_answer = time.monotonic()
    while time.monotonic() - last_answer < RECONNECT_FOR:
        for container in killed(_events(sys.argv[1])):
            print(f"Container {container[:12]} was killed: starting it again.", flush=True)
            subprocess.run(["docker", "start", container])
        if subprocess.run(["docker", "version"], capture_output=True).returncode == 0:
            last_answer = time.monotonic()
        time.sleep(2)


def begin(project: str, state: Path, log: Path) -> None:
    """Starts the keeper of a Compose project; it outlives its caller."""
    command, environment = [sys.executable, "-m", MODULE, project], os.environ | {"MWAA_STATE": str(state)}
    with log.open("a") as file:
        subprocess.Popen(
            command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )


def processes(project: str) -> list[psutil.Process]:
    """The keeper of a project and what it has started."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if (process.info["cmdline"] or [])[-2:] == [MODULE, project]:
            with suppress(psutil.NoSuchProcess):
                found += [process, *process.children(recursive=True)]
    return found


def end(project: str) -> None:
    """Ends it; returns when it is gone."""
    ended = processes(project)
    for process in ended:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(ended, timeout=10)


def _update_when_asked(folder: Path) -> None:
    while True:
        time.sleep(LOOK_EVERY)
        if update.is_asked_for(folder):
            print("An update of the environment restarts Airflow.", flush=True)
            update.begin().wait()


def killed(events: Iterable[dict[str, str]]) -> Iterator[str]:
    """The containers that died of SIGKILL out of the blue.

    An orderly stop sends another signal first, and SIGKILL only to what does not go.
    """
    signals: dict[str, list[str]] = {}
    for event in events:
        container = event["id"]
        if event["action"] == "kill":
            signals.setdefault(container, []).append(event["signal"])
        elif signals.pop(container, []) == [KILL]:
            yield container


def _events(project: str) -> Iterator[dict[str, str]]:
    """The engine's events of the project's containers as they come, until the engine ends: id, action, signal."""
    filters = ["type=container", "event=kill", "event=die", f"label=com.docker.compose.project={project}"]
    command = ["docker", "events", "--format", "{{json .}}", *(part for f in filters for part in ("--filter", f))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line)
            yield {
                "id": event["id"],
                "action": event["Action"],
                "signal": event["Actor"]["Attributes"].get("signal", ""),
            }


if __name__ == "__main__":
    main()
