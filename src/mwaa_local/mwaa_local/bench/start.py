"""`make up` of an installed stack, its state kept, against the start that AWS's own local runner does."""

from __future__ import annotations

from mwaa_local.bench.bench import Bench
from mwaa_local.bench.figures import Line, Report

TITLE = "Start, not the first one"
AT_MOST = 0.35


def measure(bench: Bench) -> Report:
    """Whole stack (seven roles, seeded) against scheduler and web server. One start of each goes before, not counted."""
    ours, theirs = [], []
    with bench.stack() as stack, bench.stock("LocalExecutor") as stock:
        bench.tell("a first start of each, not counted")
        stack.up()
        stack.down()
        stock.local_runner_start()
        stock.stop()
        for _ in bench.each_round():
            ours.append(stack.up())
            stack.down()
            theirs.append(stock.local_runner_start())
            stock.stop()
    name, other = "make up, all healthy and seeded", "AWS's local runner: db init, scheduler, users, webserver"
    return Report("start", TITLE, [Line(name, "s", tuple(ours), other, tuple(theirs), AT_MOST)], load=bench.load)
