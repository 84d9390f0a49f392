"""`make up` of an installed stack, its state kept, against the start that AWS's own local runner does."""

from __future__ import annotations

from collections.abc import Callable

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report
from mwaa_local.bench.stage import OwnState

TITLE = "Start, not the first one"
AT_MOST = 0.35


def measure(bench: Bench) -> Report:
    """Whole stack (seven roles, seeded) against scheduler and web server. One start of each goes before, not counted."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with bench.stack() as stack, bench.stock("LocalExecutor") as stock:
        bench.tell("a first start of each, not counted")
        stack.up()
        stack.down()
        stock.local_runner_start()
        stock.stop()
        for _ in bench.each_round():
            ours.append(_with_cpu(stack, stack.up))
            stack.down()
            theirs.append(_with_cpu(stock, stock.local_runner_start))
            stock.stop()
    name, other = "make up, all healthy and seeded", "AWS's local runner: db init, scheduler, users, webserver"
    (wall, cpu), (other_wall, other_cpu) = (tuple(zip(*values)) for values in (ours, theirs))
    lines = [
        Line(name, "s", wall, other, other_wall, AT_MOST),
        Line("  CPU time that it takes", "s", cpu, "  its CPU time", other_cpu),
    ]
    return Report("start", TITLE, lines, load=bench.load)


def _with_cpu(state: OwnState, begin: Callable[[], float]) -> tuple[float, float]:
    """Seconds on the clock, and of CPU: the latter depend much less on what else the machine does."""
    before = state.cpu_seconds()
    seconds = begin()
    return seconds, state.cpu_seconds() - before
