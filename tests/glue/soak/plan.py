"""What a soak will do, all of it drawn from a seed: the runs, and the blows between them.

What happens when is up to the machine; which run does what, and after which run LocalStack is killed, is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# Numbered lines to stdout, and a proof of what was reached in a folder outside of the disk that fills up.
SCRIPT = """
import os, subprocess, sys, time
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
proof = os.open(os.path.join(given["--proof"], os.environ["GLUE_JOB_RUN_ID"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(proof, b"begun\\n")
kind, lines, seconds = given["--kind"], int(given["--lines"]), float(given["--seconds"])
if kind == "forking":
    subprocess.Popen(["sleep", "900"])
    subprocess.Popen(["sleep", "900"], start_new_session=True)
if kind == "stubborn":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in range(lines):
    os.write(1, b"%d\\n" % number)
    os.write(proof, b"line %d\\n" % number)
    if number % 10 == 0:
        time.sleep(seconds / (lines / 10 + 1))
if kind in ("endless", "stubborn"):
    time.sleep(900)
if kind == "failing":
    os.write(proof, b"failing\\n")
    raise ValueError("as told")
os.write(proof, b"end\\n")
"""

# How often, of a hundred.
KINDS = {"good": 50, "failing": 15, "forking": 15, "endless": 14, "stubborn": 6}
ENDLESS = ("endless", "stubborn")  # end only by Timeout or by being stopped
RETRIES = 2  # MaxRetries of the jobs that retry


@dataclass(frozen=True)
class PlannedRun:
    """`stop_after`: seconds until BatchStopJobRun, None for never; `timeout`: in minutes, None for the job's."""

    number: int
    kind: str
    lines: int
    seconds: float
    retried: bool
    stop_after: float | None
    timeout: int | None

    @property
    def job(self) -> str:
        return "soak-retried" if self.retried else "soak"

    def arguments(self, proof: str) -> dict[str, str]:
        return {
            "--proof": proof,
            "--kind": self.kind,
            "--lines": str(self.lines),
            "--seconds": f"{self.seconds:.3f}",
        }


@dataclass(frozen=True)
class Blow:
    """After the start of run `after`, `delay` seconds later: "kill" LocalStack, or have the disk "full" for `seconds`. A
    kill on a full disk is both in one."""

    after: int
    delay: float
    kill: bool
    full: bool
    seconds: float


@dataclass(frozen=True)
class Plan:
    runs: list[PlannedRun]
    blows: list[Blow]


def draw(seed: int, runs: int) -> Plan:
    """A blow about every 25 runs: half of them kills, half of them full disks, some both."""
    random = Random(seed)
    planned = [_run(random, number) for number in range(runs)]
    blows, after = [], 0
    while (after := after + random.randint(15, 35)) < runs:
        kill, full = random.choice([(True, False), (True, False), (False, True), (False, True), (True, True)])
        blows.append(Blow(after, random.uniform(0, 0.5), kill, full, random.uniform(0.5, 3)))
    return Plan(planned, blows)


def _run(random: Random, number: int) -> PlannedRun:
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    stopped = random.random() < (0.6 if kind in ENDLESS else 0.1)
    return PlannedRun(
        number=number,
        kind=kind,
        lines=random.choice([0, 1, 10, 200]),
        seconds=random.choice([0, 0, 0.2, 2]),
        retried=kind == "failing" and random.random() < 0.4,
        stop_after=random.choice([0, 0.05, 0.5, 2]) if stopped else None,
        timeout=random.randint(1, 4) if kind in ENDLESS else None,
    )
