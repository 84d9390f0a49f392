"""The steps' own log streams, as files: $AIRFLOW_HOME/logs/streams/<log group's last word>/<stream>.log.

Names are MWAA's (user guide, working-dags-dependencies and using-startup-script: `requirements_install_ip...`,
`startup_script_execution_ip...`); what follows the address, the time in seconds, is that of AWS's newer image.
"""

import os
import time
from contextlib import suppress

GROUPS = {"scheduler": "Scheduler", "worker": "Worker", "webserver": "WebServer"}
KEPT = 10  # streams of a kind
LARGEST = 5 * 1024 * 1024  # bytes of one stream; what a step prints beyond is counted, not kept


def host_name():
    """`ip-10-0-1-7`, as a Fargate container is called; in native mode that of loopback."""
    address = "127.0.0.1"
    if os.environ.get("MODE") == "docker":
        import socket

        with suppress(OSError):
            address = socket.gethostbyname(socket.gethostname())
    return "ip-" + address.replace(".", "-")


class Stream:
    """A log file that never grows without limit: lines() and write() go on, the file does not."""

    def __init__(self, role, kind):
        folder = os.path.join(os.environ["AIRFLOW_HOME"], "logs", "streams", GROUPS[role])
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, "{}_{}_{}.log".format(kind, host_name(), int(time.time())))
        self.file = open(self.path, "ab")  # noqa: SIM115 (close() is what closes it)
        self.room = LARGEST - self.file.tell()
        self.lost = 0
        _prune(folder, kind)

    def write(self, data):
        """Bytes, as they come."""
        kept = data[: max(self.room, 0)]
        self.room -= len(kept)
        self.lost += len(data) - len(kept)
        self.file.write(kept)
        self.file.flush()

    def line(self, text):
        """A line of ours; it has room whatever was printed before."""
        if self.lost:
            self.file.write("\n[local only] {} more bytes are not kept\n".format(self.lost).encode())
            self.lost = 0
        self.file.write((text + "\n").encode("utf-8", "replace"))
        self.file.flush()

    def text(self):
        """What was kept."""
        with open(self.path, "rb") as file:
            return file.read().decode("utf-8", "replace")

    def close(self):
        self.file.close()


def _prune(folder, kind):
    """Removes all but the newest streams of this kind."""
    names = sorted((name for name in os.listdir(folder) if name.startswith(kind + "_")), key=_age(folder))
    for name in names[:-KEPT]:
        with suppress(OSError):  # another worker was quicker
            os.remove(os.path.join(folder, name))


def _age(folder):
    def age(name):
        try:
            return os.stat(os.path.join(folder, name)).st_mtime
        except OSError:
            return 0.0

    return age
