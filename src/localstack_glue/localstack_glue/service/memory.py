"""Keeps a run within its memory: a Python shell job's is that of its capacity, 16 GB for a DPU, so 1 GB for 1/16 DPU (AWS
Glue guide); a Spark job's is that of a worker (runners/spark/sizes.py).

The whole family of a run's processes counts, with what belongs to it alone: no files that are mapped, no code, and what
several of them share (after a fork) once. A limit of address space would not do: numpy reserves much that it never
uses. Linux only; elsewhere nothing is measured.

Looking is cheap (a file for each process), and done no sooner than a run could have reached its limit: a short run is
never looked at.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import process
from .process import Process

LOG = logging.getLogger(__name__)
BYTES_OF_DPU = 16 << 30
FASTEST = 4 << 30  # bytes a second that a run may take
SHORTEST, LONGEST = 0.05, 0.5  # seconds between two looks
WHOLE_SCAN_EVERY = 2.0  # seconds: finds processes that have left the family tree
_EXCEEDED = "memory-exceeded"
_OWN = (b"RssAnon:", b"RssShmem:", b"VmSwap:")  # of /proc/<pid>/status
_OWN_SHARE = (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")  # of smaps_rollup, since Linux 5.9


@dataclass(frozen=True)
class Limit:
    """Bytes that a run's processes may hold together (0: as many as they like), and what gives them that: "MaxCapacity 1"."""

    bytes: int
    giver: str


def of_capacity(dpus: float) -> Limit:
    return Limit(int(dpus * BYTES_OF_DPU), f"MaxCapacity {dpus:g}")


class MemoryWatch:
    """Watches the processes of one run. `next_look`: seconds until it is worth a look."""

    def __init__(
        self, run_id: str, folder: Path, shim: Process, limit: Limit, limited: bool = True, *, companion: str = ""
    ) -> None:
        self._companion = companion  # see process.members
        self._run_id, self._folder, self._shim, self._giver = run_id, folder, shim, limit.giver
        self._limit = limit.bytes
        self._active = limited and self._limit > 0 and sys.platform.startswith("linux")
        self._family: set[int] = set()
        self._scanned = time.monotonic()
        self.next_look = self._pause(0) if self._active else LONGEST

    def look(self) -> None:
        """Ends the processes of the run (but its shim, which then leaves their exit status) if they hold too much."""
        if not self._active:
            return
        family = self._find()
        held = _sum(family, "status", _OWN)
        if held > self._limit:
            held = _sum(family, "smaps_rollup", _OWN_SHARE) or held
        self.next_look = self._pause(held)
        if held > self._limit:
            self._end(held)

    def _pause(self, held: int) -> float:
        return min(LONGEST, max(SHORTEST, (self._limit - held) / FASTEST))

    def _find(self) -> set[int]:
        if not self._family or time.monotonic() > self._scanned + WHOLE_SCAN_EVERY:
            self._family = process.members(self._run_id, self._shim, self._companion)
            self._scanned = time.monotonic()
        found, new = set(self._family), set(self._family)
        while new:
            new = {child for pid in new for child in _children(pid)} - found
            found |= new
        self._family = found
        return found - {self._shim.pid}

    def _end(self, held: int) -> None:
        gives = self._limit / (1 << 30)
        text = f"its processes held {held / (1 << 30):.2f} GB, and {self._giver} gives {gives:.4g} GB"
        LOG.info("Glue run %s is ended: %s", self._run_id, text)
        (self._folder / _EXCEEDED).write_text(text)
        for pid in process.members(self._run_id, self._shim, self._companion) - {self._shim.pid}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def what_was_exceeded(folder: Path) -> str:
    """What ended the run of this folder, "" if it was not its memory."""
    try:
        return (folder / _EXCEEDED).read_text()
    except OSError:
        return ""


def _children(pid: int) -> set[int]:
    """Of every thread of `pid`: a thread's children are listed with it."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - the quickest way, and it is asked often
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb", buffering=0) as file:
                found |= set(map(int, file.read(1 << 16).split()))
    return found


def _sum(pids: set[int], file: str, lines: tuple[bytes, ...]) -> int:
    """Bytes in those lines of /proc/<pid>/<file>, which are in kB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/{file}", "rb") as content:
            total += sum(int(line.split()[1]) for line in content if line.startswith(lines))
    return total << 10
