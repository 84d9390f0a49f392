"""The states of a job run and the moves between them, as a table.

Source: "AWS Glue job run statuses" and JobRunState in Glue's API model.
"""

from __future__ import annotations

STARTING, RUNNING, STOPPING, WAITING = "STARTING", "RUNNING", "STOPPING", "WAITING"
SUCCEEDED, FAILED, STOPPED = "SUCCEEDED", "FAILED", "STOPPED"
TIMEOUT, ERROR, EXPIRED = "TIMEOUT", "ERROR", "EXPIRED"

ALLOWED: dict[str, frozenset[str]] = {
    WAITING: frozenset({STARTING, STOPPING, STOPPED, FAILED, EXPIRED}),
    # A run that cannot start fails from STARTING; STOPPED directly, if it was stopped before it had a process.
    STARTING: frozenset({RUNNING, WAITING, STOPPING, STOPPED, FAILED, TIMEOUT, ERROR}),
    RUNNING: frozenset({SUCCEEDED, FAILED, STOPPING, TIMEOUT, ERROR, EXPIRED}),
    # STOPPING can still end as FAILED: when the local environment is stopped while it waits for the processes.
    STOPPING: frozenset({STOPPED, FAILED, ERROR}),
    SUCCEEDED: frozenset(),
    FAILED: frozenset(),
    STOPPED: frozenset(),
    TIMEOUT: frozenset(),
    ERROR: frozenset(),
    EXPIRED: frozenset(),
}
TERMINAL = frozenset(state for state, following in ALLOWED.items() if not following)
STOPPABLE = frozenset({WAITING, STARTING, RUNNING})


class ImpossibleTransition(Exception):
    """A move that the table does not allow: a bug of ours, or a race that the caller lost."""


def check(before: str, after: str, seen: str | None = None) -> None:
    """Raise ImpossibleTransition unless a run in state `before` may become `after`, and `before` is what was `seen`."""
    if after not in ALLOWED[before] or seen not in (None, before):
        raise ImpossibleTransition(f"a run cannot go from {before} to {after}")
