"""ErrorMessage of a Python shell run that failed, as AWS shows it: the exception that ended the script, else its exit
code. [R] in public recordings: "Command failed with exit code 2" (argparse), "ModuleNotFoundError: No module named 'x'".
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from ..memory import what_was_exceeded
from .layers import FAILED

if TYPE_CHECKING:
    from ..runs import Run

_TAIL = 1 << 20  # bytes of stderr in which a traceback is looked for
_TRACEBACK = "Traceback (most recent call last):"
# In front of a traceback that did not end the script.
_ELSEWHERE = ("Exception in thread ", "Exception ignored in", "--- Logging error ---", "Error in atexit")
_NOT_INSTALLED = (
    "LAUNCH ERROR | Installation of Additional Python Modules failed, please see the logs for more details"  # [R]
)


def failure(run: Run, status: int) -> str:
    """Why the run failed, whose process ended with `status`, which is not 0."""
    stderr = _tail(run.folder / "stderr")
    if (run.folder / FAILED).is_file():
        return f"{_NOT_INSTALLED}. {_words_of_pip(stderr)}"
    exceeded = what_was_exceeded(run.folder)
    if exceeded:
        return f"Command failed with exit code {status} (out of memory: {exceeded})"
    if status in (1, 128 + signal.SIGINT) and (raised := _exception(stderr, interrupt=status != 1)):
        return raised
    killed = f" ({signal.Signals(status - 128).name})" if status > 128 and status - 128 in _signals() else ""
    return f"Command failed with exit code {status}{killed}"


def _exception(stderr: str, interrupt: bool) -> str:
    """The line that names the exception which ended the script; "" if none did."""
    before, found, after = stderr.rpartition(_TRACEBACK)
    last = before.rstrip().splitlines()[-1:]
    if found and not (last and last[0].startswith(_ELSEWHERE)):
        line = next((line for line in after.splitlines() if line and not line.startswith((" ", "\t"))), "")
    else:  # what cannot be compiled has no traceback
        last = [line for line in stderr.splitlines() if line.strip()][-1:]
        line = last[0] if last and re.match(r"(Syntax|Indentation|Tab)Error: ", last[0]) else ""
    return line.strip() if line.startswith("KeyboardInterrupt") or not interrupt else ""


def _words_of_pip(stderr: str) -> str:
    said = [line for line in stderr.splitlines() if line.startswith("ERROR: ")]
    broken = re.findall(r"connection broken by '(\w+)", stderr)
    reason = f"The package index could not be reached ({broken[-1]}). " if broken else ""
    return reason + (f"pip: {said[-1][len('ERROR: ') :]}" if said else "See the run's error log.")


def _tail(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _signals() -> set[int]:
    return {int(number) for number in signal.Signals}
