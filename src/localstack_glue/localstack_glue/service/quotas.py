"""Whether another run may start now: the job's MaxConcurrentRuns, and the quotas of the account in a region.

A run that may not is refused, or waits in line if JobRunQueuingEnabled is set; the reasons are the guide's own words
("AWS Glue job run statuses").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import errors, states
from .errors import GlueError

if TYPE_CHECKING:
    from .runs import Run

JOB = "Max concurrent job runs per job exceeded"
ACCOUNT = "Max concurrent job runs per account exceeded"
DPUS = "Max concurrent compute (DPU usage) exceeded"


@dataclass(frozen=True)
class Quotas:
    """Service quotas of an account in a region; the defaults are AWS's ("AWS Glue endpoints and quotas")."""

    runs: int = 2000
    """Max concurrent job runs per account"""
    dpus: float = 1000
    """Max task DPUs per account"""

    def exceeded(self, active: Iterable[Run], job_name: str, most: int, dpus: float) -> str | None:
        """Why a further run of `job_name`, which allows `most` at once and needs `dpus`, cannot start; None if it can.

        `active` are the owner's runs that are not over; those that wait use nothing."""
        busy = [run for run in active if run.state != states.WAITING]
        if sum(run.record["JobName"] == job_name for run in busy) >= most:
            return JOB
        if len(busy) >= self.runs:
            return ACCOUNT
        if sum(run.record["MaxCapacity"] for run in busy) + dpus > self.dpus:
            return DPUS
        return None


def refusal(reason: str, job_name: str) -> GlueError:
    """What StartJobRun answers when the run does not wait in line."""
    if reason == JOB:
        return errors.concurrent_runs_exceeded(job_name)
    return errors.ResourceNumberLimitExceeded(reason)


def waits(job: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether a run that cannot start waits in line: the run's JobRunQueuingEnabled, else the job's.

    A job with MaxRetries does not queue, nor does execution class FLEX ("Introducing job queuing", AWS Big Data Blog)."""
    asked = request.get("JobRunQueuingEnabled")
    enabled = job.get("JobRunQueuingEnabled") if asked is None else asked
    flexible = (request.get("ExecutionClass") or job.get("ExecutionClass")) == "FLEX"
    return bool(enabled) and not job.get("MaxRetries") and not flexible
