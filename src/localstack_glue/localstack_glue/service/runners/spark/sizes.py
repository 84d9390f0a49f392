"""Cores and memory of a Spark job: what AWS's workers have, as far as this machine has it.

Driver and executors are one JVM here, which takes no more memory than AWS's driver and no more than half the machine. Beside
its heap a run may hold what a worker of AWS has beside its own, at most a quarter of the machine: that is for Python.
Sources: AWS Glue guide, "Worker types" (vCPUs and memory of each), Glue's driver memory: 10 GB of a G.1X, 20 GB of a G.2X.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import CannotStart

MB = 1 << 20
_CORES_OF_WORKER = {"Standard": 4, "G.025X": 2, "G.1X": 4, "G.2X": 8, "G.4X": 16, "G.8X": 32, "Z.2X": 8}
_HEAP_OF_WORKER = {"Standard": 5, "G.025X": 2, "G.1X": 10, "G.2X": 20, "G.4X": 40, "G.8X": 80, "Z.2X": 40}
_MEMORY_OF_WORKER = {"Standard": 16, "G.025X": 4, "G.1X": 16, "G.2X": 32, "G.4X": 64, "G.8X": 128, "Z.2X": 64}
_CORES_OF_DPU = 4
_LEAST_BESIDE_HEAP = 1024  # MB: what a JVM needs for itself, and a small Python
_UNITS = {"k": 1 << 10, "m": MB, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True)
class Size:
    """Threads of Spark, MB of its JVM's heap, the sentence about them for the run's log; MB of all processes of the run, and
    what gives them that."""

    cores: int
    heap: int
    said: str
    memory: int
    giver: str


def of_run(record: Mapping[str, Any], wanted: Mapping[str, str]) -> Size:
    """`record` is the run's; `wanted` are the job's own settings of Spark, of which spark.driver.memory counts."""
    worker, number = record.get("WorkerType"), record.get("NumberOfWorkers")
    if worker and number:
        # one worker holds the driver
        asked, of_aws = max(1, number - 1) * _CORES_OF_WORKER.get(worker, _CORES_OF_DPU), f"{number} workers {worker}"
    else:
        dpus = record.get("MaxCapacity") or 2
        asked, of_aws = int(max(1, dpus - 1) * _CORES_OF_DPU), f"{dpus:g} DPUs"
    cores = max(1, min(asked, cores_of_machine()))
    machine = machine_memory() // MB
    most = _HEAP_OF_WORKER.get(worker or "Standard", 10) * 1024
    heap = max(512, min(most, machine // 2))
    beside = max(_LEAST_BESIDE_HEAP, min(_MEMORY_OF_WORKER.get(worker or "Standard", 16) * 1024 - most, machine // 4))
    named = wanted.get("spark.driver.memory")
    if named:
        heap = _megabytes(named)
    because = "spark.driver.memory" if named else "half the machine's" if heap < most else "as on AWS"
    return Size(
        cores,
        heap,
        f"{of_aws} on AWS are {asked} cores for executors; here driver and executors are one process with {cores} of this "
        f"machine's cores and up to {heap} MB ({because})",
        heap + beside,
        f"{f'a worker {worker}' if worker else 'a DPU'} with a heap of {heap} MB",
    )


def cores_of_machine() -> int:
    """Those that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory() -> int:
    """Bytes that could be had at once. Linux alone."""
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) << 10


def machine_memory() -> int:
    """Bytes that this machine, or the control group that we are in, has."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return memory


def _megabytes(text: str) -> int:
    """Spark's "4g" or "512m"; a bare number is MB. Raises CannotStart."""
    number, unit = text.strip().lower().removesuffix("b"), MB
    if number[-1:] in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1]]
    if not number.isdigit() or int(number) * unit < 128 * MB:
        raise CannotStart(
            f"spark.driver.memory is {text!r}; wanted: a size such as 2g or 512m, 128m at least. Nothing was run."
        )
    return int(number) * unit // MB
