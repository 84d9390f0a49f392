"""Events that could not be sent, a file a batch, until the agent sends them: written by tasks, whose end cannot wait.

<logs>/.cloudwatch/unsent/<nanoseconds>-<pid>.json     {"group", "stream", "events": [{"timestamp", "message"}]}
"""

import json
import os
import time


def folder(logs):
    return os.path.join(logs, ".cloudwatch", "unsent")


def keep(logs, group, stream, events):
    """Raises OSError when it cannot be written."""
    os.makedirs(folder(logs), exist_ok=True)
    path = os.path.join(folder(logs), "{:020d}-{}.json".format(int(time.time() * 1e9), os.getpid()))
    with open(path + ".new", "w") as file:
        json.dump({"group": group, "stream": stream, "events": events}, file)
    os.rename(path + ".new", path)


def waiting(logs):
    """The paths, oldest first."""
    try:
        names = os.listdir(folder(logs))
    except FileNotFoundError:
        return []
    return [os.path.join(folder(logs), name) for name in sorted(names) if name.endswith(".json")]
