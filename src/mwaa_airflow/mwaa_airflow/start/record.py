"""The record of a role's start: what each step did, for `make status` and the health check, as $MWAA_STATE/run/<role>.start.json.

    {"role": "scheduler", "pid": 12, "steps": [
        {"step": "requirements.txt", "state": "failed", "line": "ERROR: No matching ...", "log": "/.../x.log", "seconds": 2.1}]}

`pid` is the role's process. States: running, done, warned, failed. `line` is the one that decides, "" where all is well.
"""

import json
import os
import time

RUNNING, DONE, WARNED, FAILED = "running", "done", "warned", "failed"


class Record:
    """Written anew at each change, whole or not at all: who reads it may come at any time."""

    def __init__(self, path, role, pid):
        self.path, self.begun = path, time.monotonic()
        self.before = read(path)
        self.content = {"role": role, "pid": pid, "steps": []}

    @property
    def interrupted(self):
        """The step during which this very role's earlier attempt was ended, "" if none was."""
        if self.before.get("pid") != self.content["pid"]:
            return ""
        return next((step["step"] for step in self.before["steps"] if step["state"] == RUNNING), "")

    def begin(self, step):
        self.begun = time.monotonic()
        self.content["steps"].append({"step": step, "state": RUNNING, "line": "", "log": "", "seconds": 0.0})
        self.write()

    def end(self, state=DONE, line="", log=""):
        """Completes the step that runs."""
        seconds = round(time.monotonic() - self.begun, 3)
        self.content["steps"][-1].update(state=state, line=line, log=log, seconds=seconds)
        self.write()

    def write(self):
        new = self.path + ".new"
        with open(new, "w") as file:
            json.dump(self.content, file)
        os.replace(new, self.path)


def read(path):
    """The record as it is now; {} when there is none."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}
