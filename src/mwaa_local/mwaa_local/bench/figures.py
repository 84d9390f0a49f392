"""What was measured: values with their median, the baseline they are compared with, and the verdict. No side effects."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.table import Table

ENOUGH_ROUNDS = 5  # fewer are a quick look, not a measurement


@dataclass(frozen=True)
class Line:
    """One measured thing, a value for each round, in `unit` ("s", "ms", ...).

    `baseline` holds the values of what it is compared with, measured in the same rounds; `at_most` is the ratio wanted.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    baseline_name: str = ""
    baseline: tuple[float, ...] = ()
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Median by median, so that it can be checked with the numbers shown; None without a baseline."""
        return median(self.values) / median(self.baseline) if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.at_most is None or self.ratio is None:
            return None
        return self.ratio <= self.at_most


@dataclass(frozen=True)
class Usage:
    """What the processes of one role use: PSS in megabytes (10^6 bytes), CPU in per cent of one core; one a round."""

    role: str
    executor: str
    megabytes: tuple[float, ...]
    percent: tuple[float, ...]


@dataclass
class Load:
    """The machine's load average over the last minute, looked at while a measurement ran."""

    seen: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.seen:
            return "unknown"
        return f"{min(self.seen):.1f} to {max(self.seen):.1f}"


@dataclass
class Report:
    """The outcome of one measurement."""

    measurement: str
    title: str
    lines: list[Line] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    load: Load = field(default_factory=Load)

    @property
    def missed(self) -> list[Line]:
        return [line for line in self.lines if line.met is False]

    def as_json(self) -> dict[str, Any]:
        """All values of all rounds, with what follows from them."""
        lines = [asdict(line) | {"ratio": line.ratio, "met": line.met} for line in self.lines]
        usages = [asdict(usage) for usage in self.usages]
        return {"measurement": self.measurement, "load": self.load.seen, "lines": lines, "usages": usages}


def spread(values: tuple[float, ...], unit: str) -> str:
    """The median with the smallest and largest value: "12.3 s (11.9 to 14.0)"."""
    digits = 2 if max(values) < 10 else 1 if max(values) < 1000 else 0
    middle = f"{median(values):.{digits}f} {unit}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def lines_table(report: Report) -> Table:
    table = Table(title=report.title, title_justify="left", caption=f"load {report.load}", caption_justify="left")
    for column in ("measured", "value", "baseline", "its value", "ratio", "target", ""):
        table.add_column(column, justify="right" if column in ("ratio", "target") else "left")
    for line in report.lines:
        compared = spread(line.baseline, line.unit) if line.baseline else ""
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        target = "" if line.at_most is None else f"<= {line.at_most:g}"
        verdict = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[line.met]
        table.add_row(line.name, spread(line.values, line.unit), line.baseline_name, compared, ratio, target, verdict)
    return table


def usages_table(report: Report) -> Table:
    """A row for each role, two columns for each executor, and the sum."""
    executors = list(dict.fromkeys(usage.executor for usage in report.usages))
    of = {(usage.role, usage.executor): usage for usage in report.usages}
    table = Table(title=report.title, title_justify="left", caption=f"load {report.load}", caption_justify="left")
    table.add_column("role")
    for executor in executors:
        table.add_column(f"{executor}: PSS", justify="right")
        table.add_column("idle CPU", justify="right")
    for role in dict.fromkeys(usage.role for usage in report.usages):
        cells = [_cells(of.get((role, executor))) for executor in executors]
        table.add_row(role, *(cell for pair in cells for cell in pair))
    table.add_section()
    sums = [_cells(total(report.usages, executor)) for executor in executors]
    table.add_row("all", *(cell for pair in sums for cell in pair))
    return table


def total(usages: list[Usage], executor: str) -> Usage:
    """The sum over the roles, round by round."""
    mine = [usage for usage in usages if usage.executor == executor]
    megabytes = tuple(sum(values) for values in zip(*(usage.megabytes for usage in mine)))
    percent = tuple(sum(values) for values in zip(*(usage.percent for usage in mine)))
    return Usage("all", executor, megabytes, percent)


def _cells(usage: Usage | None) -> tuple[str, str]:
    if usage is None:
        return "", ""
    return f"{median(usage.megabytes):.0f} MB", f"{median(usage.percent):.1f} %"
