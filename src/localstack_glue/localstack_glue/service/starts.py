"""Starts job runs: for StartJobRun, and for triggers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import arguments, errors, states
from .jobs import JobStore
from .owner import Owner
from .runner import Runner
from .runs import Run, RunStore

LARGEST_REQUEST = 180_000  # characters; "more than 180-190K" is refused (awsdocs/aws-glue-developer-guide, issue 55)


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

        Raises what StartJobRun answers: EntityNotFound, InvalidInput, ConcurrentRunsExceeded,
        ResourceNumberLimitExceeded."""
        if len(json.dumps(request, default=str)) > LARGEST_REQUEST:
            raise errors.request_too_large()
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

    def start_for_trigger(
        self,
        owner: Owner,
        job_name: str,
        request: Mapping[str, Any],
        *,
        record: Mapping[str, Any],
        local: Mapping[str, Any],
        unseen: Mapping[str, str] | None = None,
    ) -> Run:
        """As `start`, for a trigger, which has nobody to tell what went wrong: a run that cannot start is there all the
        same, as ERROR if its job was deleted, else as FAILED ("AWS Glue job run statuses")."""
        try:
            return self.start(owner, job_name, request, record=record, local=local, unseen=unseen)
        except errors.EntityNotFound as problem:
            state, message = states.ERROR, problem.message
        except errors.GlueError as problem:
            state, message = states.FAILED, problem.message
        return self._runs.create_ended(owner, job_name, state, message, record=record, local=local)
