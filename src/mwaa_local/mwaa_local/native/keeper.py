"""Brings the supervisor back when it was killed: `python -m mwaa_local.native.keeper`, a role of the supervisor itself.

The supervisor restarts every role, this one too; the one process nobody would restart is the supervisor. When it dies,
its roles live on without anybody who watches them: the keeper ends them and starts the whole stack again, in order.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from mwaa_local import settings as settings_module
from mwaa_local.native.supervisor import Supervisor
from mwaa_local.native.sweep import sweep
from mwaa_local.secrets import ensure

LOOK_EVERY = 1.0  # seconds; there is no event for the death of a parent that works on every system


def main() -> None:
    settings = settings_module.of_running_stack()
    env_id = ensure(settings.mwaa_state)["MWAA_ENV_ID"]
    pid_file = Supervisor(settings, env_id).pid_file
    # by its number, for it may have died before we could ask who our parent is
    supervisor = int(pid_file.read_text())
    while os.getppid() == supervisor:
        time.sleep(LOOK_EVERY)
    # an orderly `make down` removes the pid file before the supervisor ends
    if not pid_file.exists():
        return
    # our own output went to the supervisor, and would end us now
    with settings.log("keeper").open("a") as log:
        print("The supervisor was killed: ending its roles and starting the stack again.", file=log, flush=True)
        sweep(env_id)
        command = [sys.executable, "-m", "mwaa_local", "up"]
        # the same settings again, for they may have come from a command line that is gone
        environment = os.environ | settings.as_environment()
        subprocess.Popen(command, start_new_session=True, env=environment, stdout=log, stderr=log)


if __name__ == "__main__":
    main()
