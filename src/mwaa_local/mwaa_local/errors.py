"""Errors that a user can act on.

LocalError                what failed, what was found, what to do next: one clear text and exit code 1
  SettingsError           a setting has a value that cannot be
  InterpreterMissing      a Python that the stack needs is not on this machine
  InstallFailed           an environment could not be made from its lock
  PortTaken               a port of ours is in use by something else
  NotReady                a role did not become healthy in time, or ended
Anything else that reaches the top is our own fault and keeps its traceback.
"""

from __future__ import annotations

from pathlib import Path


class LocalError(Exception):
    """A known error: `problem` says what failed and what was found, `advice` what to do next."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem}\nNext: {advice}" if advice else problem)
        self.problem, self.advice = problem, advice


class SettingsError(LocalError):
    pass


class InterpreterMissing(LocalError):
    pass


class InstallFailed(LocalError):
    pass


class PortTaken(LocalError):
    pass


class NotReady(LocalError):
    """A role that did not become healthy.

    Raises nothing itself; shows the last lines of the role's log, for that is what a person looks at next.
    """

    def __init__(self, role: str, what: str, log: Path) -> None:
        lines = tail(log, 15)
        super().__init__(f"{role} {what}.\nIts last lines ({log}):\n{lines}", f"make logs SERVICE={role}")


def tail(log: Path, count: int) -> str:
    """The last `count` lines of a text file, indented; a remark when there are none."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join(f"  {line}" for line in lines) or "  (nothing was printed)"
