"""How it is shown: on a terminal the last verdict stays, with what goes on below it; else plain lines, a block a verdict."""

from __future__ import annotations

import time

from rich.console import Console
from rich.status import Status
from rich.text import Text

from mwaa_local.console import err, out
from mwaa_local.watch.verdict import Line, Verdict

_QUIET = 2.0  # seconds, after which plain lines say what goes on


class Screen:
    def __init__(self, console: Console = out) -> None:
        self._console = console
        self._live = console.is_terminal
        self._status: Status | None = None
        self._told = 0.0

    def busy(self, text: str) -> None:
        """Says what goes on, below the last verdict."""
        if not self._live:
            return
        if self._status is None:
            self._status = Status(Text(text), console=self._console)
            self._status.start()
        else:
            self._status.update(Text(text))

    def slow(self, text: str) -> None:
        """The same for what takes over two seconds; without a terminal, too, but not more than one line in ten seconds."""
        if self._live:
            self.busy(text)
        elif time.monotonic() - self._told > _QUIET * 5:
            self._told = time.monotonic()
            err.print(Text(text))

    def begin(self, lines: list[Line]) -> None:
        """A save has come: the screen is for its verdict now; `lines` are the static checks' if they found something."""
        self._idle()
        if self._live:
            self._console.clear()
        self._print(lines)

    def show(self, verdict: Verdict, *, fresh: bool) -> None:
        """`fresh`: in place of what is there."""
        self._idle()
        if self._live and fresh:
            self._console.clear()
        self._print(verdict.lines())
        if not self._live:
            self._console.print()

    def waiting(self, text: str) -> None:
        """The last line of a terminal, while nothing goes on: it stands still."""
        self._idle()
        if self._live:
            self._print([("dim", text)])

    def close(self) -> None:
        self._idle()

    def _idle(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _print(self, lines: list[Line]) -> None:
        for style, text in lines:
            self._console.print(Text(text, style=style))
        self._console.file.flush()
