"""The processes of one run: start, recognise again, wait, and end every one of them.

A job runs below a shim of a shell, in a session of its own, so that it neither dies with LocalStack nor needs it in
order to leave its exit status:

    sh -c '...' shim  python script.py --key value ...      writes <folder>/exit when the command is over

Two marks tell a run's processes from all others: the process group, and GLUE_JOB_RUN_ID in the environment, by which a
process that made a session of its own is found as well. Linux has /proc to look in; elsewhere only the group is used.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "GLUE_JOB_RUN_ID"
GRACE = 3.0  # seconds between SIGTERM and SIGKILL
_LINUX = sys.platform.startswith("linux")
# The trap keeps the shim alive when its group gets SIGTERM, so that the exit status is still written; unlike ignoring
# the signal it is not inherited by the command. One short write needs no rename: it is read when the shim is gone. It goes
# over the blanks that `start` has put there, without cutting them off: so it needs no room, and a full disk loses none.
_SHIM = 'trap : TERM INT HUP; exit=$1; shift; "$@"; echo $? 1<>"$exit"'
_SHIM_NAME = "glue-job-run"
_NO_STATUS_YET = " " * 15 + "\n"


@dataclass(frozen=True)
class Process:
    """The shim of a run: its pid (also the id of its group) and its start time, which together are never reused."""

    pid: int
    started: str

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Process:
        return cls(int(content["pid"]), str(content["started"]))

    def to_json(self) -> dict[str, Any]:
        return {"pid": self.pid, "started": self.started}

    @property
    def alive(self) -> bool:
        """Whether this very process still runs: the pid and its start time agree, and it is not a zombie."""
        found = _look(self.pid)
        return found is not None and found.started == self.started and found.state not in "ZX"


@dataclass(frozen=True)
class _Seen:
    pid: int
    state: str
    group: int
    started: str


class Children:
    """Shims that are our own children, which must be reaped; those adopted after a restart are init's."""

    def __init__(self) -> None:
        self._popen: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, work: Path) -> Process:
        """Start `command` below the shim. Raises OSError if that is impossible."""
        (folder / "exit").write_text(_NO_STATUS_YET)
        with open(folder / "stdout", "ab") as out, open(folder / "stderr", "ab") as err:
            child = subprocess.Popen(
                ["/bin/sh", "-c", _SHIM, _SHIM_NAME, str(folder / "exit"), *command],
                env=dict(environment),
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self._popen[child.pid] = child
        seen = _look(child.pid)
        return Process(child.pid, seen.started if seen else "")

    def reap(self, process: Process) -> None:
        child = self._popen.pop(process.pid, None)
        if child:
            child.wait()


class Watch:
    """Waits for a process to end or for `wake`, without asking again and again (pidfd and eventfd on Linux)."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._pidfd = self._woken = -1
        self._open = threading.Lock()  # a wake must not write into a descriptor that is closed, or already another's
        if hasattr(os, "pidfd_open") and hasattr(os, "eventfd"):
            self._woken = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            with contextlib.suppress(ProcessLookupError):
                self._pidfd = os.pidfd_open(process.pid)

    def wait(self, seconds: float) -> bool:
        """Whether the process is over, after at most `seconds`, sooner if it ends or `wake` is called."""
        if self._woken < 0:
            return self._wait_by_asking(seconds)
        if self._pidfd < 0 or not self._process.alive:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        poll.poll(max(0.0, seconds) * 1000)
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._woken)
        return not self._process.alive

    def wake(self) -> None:
        with self._open:
            if self._woken >= 0:
                os.eventfd_write(self._woken, 1)

    def close(self) -> None:
        with self._open:
            for descriptor in (self._pidfd, self._woken):
                if descriptor >= 0:
                    os.close(descriptor)
            self._pidfd = self._woken = -1

    def _wait_by_asking(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self._process.alive and time.monotonic() < end:
            time.sleep(0.02)
        return not self._process.alive


def exit_status(folder: Path) -> int | None:
    """The status that the shim left, or None: it has not, or did not live to write it."""
    try:
        return int((folder / "exit").read_text())
    except (OSError, ValueError):
        return None


def ended_in_time(folder: Path, deadline: float) -> bool:
    """Whether the shim had left its status by then, seconds since the epoch: LocalStack may not have been there to see."""
    return exit_status(folder) is not None and (folder / "exit").stat().st_mtime <= deadline


def find_shim(run_id: str) -> Process | None:
    """The shim of a run whose start was not recorded (LocalStack died in between), if it lives. What the script left
    running carries the same mark, so a shim is known by its command as well."""
    for pid in _pids():
        seen = _look(pid)
        if seen and seen.pid == seen.group and _marked(pid, run_id) and _SHIM_NAME.encode() in _content(pid, "cmdline"):
            return Process(seen.pid, seen.started)
    return None


def members(run_id: str, process: Process | None, companion: str = "") -> set[int]:
    """The pids of a run's living processes: those of its group, and those that carry its mark. `companion` is the mark of
    processes that were there before the run, and end with it."""
    if companion:
        return members(run_id, process) | members(companion, None)
    if not _LINUX:
        return _group_without_proc(process)
    group, begin = (process.pid, int(process.started or 0)) if process else (-1, 0)
    found = set()
    for pid in _younger(process):
        seen = _look(pid)
        # What is older than the shim cannot descend from it: most processes of the machine are ruled out by that.
        if seen is None or seen.state in "ZX" or int(seen.started) < begin:
            continue
        if seen.group == group or _marked(pid, run_id):
            found.add(pid)
    return found


def end_all(run_id: str, process: Process | None, grace: float = GRACE, companion: str = "") -> None:
    """Return when no process of the run lives: SIGTERM to all, and after `grace` seconds SIGKILL until none is left.

    Asks /proc anew each time, for a process may start others while it is being ended."""
    deadline = time.monotonic() + grace
    told: set[int] = set()
    pause = 0.005
    while living := members(run_id, process, companion):
        if time.monotonic() >= deadline:
            _signal(living, signal.SIGKILL)
        else:
            _signal(living - told, signal.SIGTERM)
            told |= living
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _pids() -> list[int]:
    names = os.listdir("/proc") if _LINUX else []  # noqa: PTH208 - the quickest way, and it is asked often
    return [int(name) for name in names if name.isdigit()]


def _younger(process: Process | None) -> list[int]:
    """The pids that may be `process` or descend from it: for a process less than a second old a few instead of all.

    The kernel gives out pids in rising order, and begins again at the end: which takes 32,768 of them at least, and
    shows in the last one given, unless that has come round past `process` again. No machine does that in a second."""
    pids = _pids()
    if process is None or not process.started:
        return pids
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(process.started) / os.sysconf("SC_CLK_TCK")
    last = int(Path("/proc/loadavg").read_text().split()[-1])
    return [pid for pid in pids if pid >= process.pid] if age < 1 and last >= process.pid else pids


def _look(pid: int) -> _Seen | None:
    """What the kernel says about `pid`; the name in /proc/<pid>/stat may hold blanks and brackets: skip to the last."""
    if not _LINUX:
        return _look_without_proc(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            fields = stat.read(2048).rpartition(b")")[2].split()
        return _Seen(pid, fields[0].decode(), int(fields[2]), fields[19].decode())
    except (OSError, IndexError, ValueError):
        return None


def _marked(pid: int, run_id: str) -> bool:
    return f"{MARK}={run_id}".encode() in _content(pid, "environ")


def _content(pid: int, name: str) -> list[bytes]:
    """The words of /proc/<pid>/environ or cmdline; none of a process that is gone, or another user's."""
    try:
        with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
            return file.read(1 << 20).split(b"\0")
    except OSError:
        return []


def _look_without_proc(pid: int) -> _Seen | None:
    command = ["ps", "-o", "state=,pgid=,lstart=", "-p", str(pid)]
    words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(None, 2)
    return _Seen(pid, words[0][0], int(words[1]), words[2].strip()) if len(words) == 3 else None


def _group_without_proc(process: Process | None) -> set[int]:
    if process is None:
        return set()
    command = ["ps", "-A", "-o", "pid=,pgid=,state="]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    rows = [line.split() for line in lines]
    return {int(pid) for pid, group, state in rows if int(group) == process.pid and state[0] != "Z"}
