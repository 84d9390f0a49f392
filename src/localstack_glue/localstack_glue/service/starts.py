"""Starts job runs: for StartJobRun, and for triggers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import arguments, errors
from .owner import Owner
from .jobs import JobStore
from .runner import Runner
from .runs import Run, RunStore


class Starts:
    def __init__(self, jobs: JobStore, runs: RunStore, runner: Runner) -> None:
        self._jobs, self._runs, self._runner = jobs, runs, runner

    def start(
        self,
        owner: Owner,
        job_name: str,
        request: Mapping[str, Any],
        *,
        record: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        unseen: Mapping[str, str] | None = None,
    ) -> Run:
        """StartJobRun. `record` (TriggerName, PredecessorRuns, ...) and `local` (see runs.Run) are added to the run's;
        `unseen` are arguments that the script gets and the record does not show.

        Raises what StartJobRun answers: EntityNotFound, InvalidInput, ConcurrentRunsExceeded."""
        try:
            job = self._jobs.get(owner, job_name)
        except errors.EntityNotFound:
            raise errors.start_without_job() from None
        if request.get("JobRunId") and request.get("Arguments") is None:
            resumed = self._runs.get(owner, job_name, request["JobRunId"])
            request = {**request, "Arguments": resumed.record.get("Arguments")}
        given = arguments.merged(
            job.get("DefaultArguments"), request.get("Arguments"), job.get("NonOverridableArguments")
        )
        given = {**given, **(unseen or {})}
        run = self._runs.create(owner, job, request, given, record=record or {}, local=local or {})
        self._runner.submit(run)
        return run
