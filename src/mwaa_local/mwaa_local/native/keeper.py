"""Brings the supervisor back when it was killed: `python -m mwaa_local.native.keeper <pid file>`, a role of its own.

The supervisor restarts every role, this one too; the one process nobody would restart is the supervisor. When it dies,
its roles live on without anybody who watches them: the keeper ends them and starts the whole stack again, in order.

It also restarts Airflow when an update through MWAA's API asks for that (mwaa_local.update).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

LOOK_EVERY = 1.0  # seconds; there is no event for the death of a parent that works on every system


def main() -> None:
    pid_file = Path(sys.argv[1])
    # by its number, for it may have died before we could ask who our parent is
    supervisor = int(pid_file.read_text())
    asked = Path(os.environ["MWAA_STATE"]) / "mwaa" / "restart.json"  # mwaa_local.update
    updating: Any = None
    while os.getppid() == supervisor:
        time.sleep(LOOK_EVERY)
        if updating is not None and updating.poll() is not None:
            updating = None
        if updating is None and asked.exists():
            updating = begin_update()
    # an orderly `make down` removes the pid file before the supervisor ends
    if pid_file.exists():
        start_again()


def begin_update() -> Any:
    from mwaa_local import update  # only now, as below

    return update.begin()


def start_again() -> None:
    """Ends what the killed supervisor left and starts the stack, with the settings that it had."""
    # only now: hardly any keeper ever needs them
    import subprocess

    from mwaa_local import settings as settings_module
    from mwaa_local.native.sweep import sweep
    from mwaa_local.secrets import ensure

    settings = settings_module.of_running_stack()
    # our own output went to the supervisor, and would end us now
    with settings.log("keeper").open("a") as log:
        print("The supervisor was killed: ending its roles and starting the stack again.", file=log, flush=True)
        sweep(ensure(settings.mwaa_state)["MWAA_ENV_ID"])
        command = [sys.executable, "-m", "mwaa_local", "up"]
        # the same settings again, for they may have come from a command line that is gone
        environment = os.environ | settings.as_environment()
        subprocess.Popen(command, start_new_session=True, env=environment, stdout=log, stderr=log)


if __name__ == "__main__":
    main()
