"""Job runs: StartJobRun to BatchStopJobRun."""

from __future__ import annotations

from .. import errors, states
from ..errors import GlueError
from ..jobs import JobStore
from ..runner import Runner
from ..runs import Run, RunStore
from ..starts import Starts
from . import Owner, Request, Response, operation, page

RUNS_PAGE = 200  # GetJobRuns gives at most 200


class RunsApi:
    def __init__(self, jobs: JobStore, runs: RunStore, runner: Runner, starts: Starts) -> None:
        self._jobs, self._runs, self._runner, self._starts = jobs, runs, runner, starts

    @operation("StartJobRun")
    def start_job_run(self, owner: Owner, request: Request) -> Response:
        return {"JobRunId": self._starts.start(owner, request["JobName"], request).id}

    @operation("GetJobRun")
    def get_job_run(self, owner: Owner, request: Request) -> Response:
        run = self._runs.get(owner, request["JobName"], request["RunId"])
        return {"JobRun": run.shown(predecessors=bool(request.get("PredecessorsIncluded")))}

    @operation("GetJobRuns")
    def get_job_runs(self, owner: Owner, request: Request) -> Response:
        runs = self._runs.newest_first(owner, request["JobName"])
        if not runs:
            self._jobs.get(owner, request["JobName"])
        answer = page(request, "JobRuns", runs, lambda run: run.id, RUNS_PAGE)
        return {**answer, "JobRuns": [run.shown() for run in answer["JobRuns"]]}

    @operation("BatchStopJobRun")
    def batch_stop_job_run(self, owner: Owner, request: Request) -> Response:
        name = request["JobName"]
        answer: Response = {"SuccessfulSubmissions": [], "Errors": []}
        for run_id in request["JobRunIds"]:
            try:
                self._stop(self._runs.get(owner, name, run_id))
            except GlueError as problem:
                detail = {"ErrorCode": problem.code, "ErrorMessage": problem.message}
                answer["Errors"].append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
            else:
                answer["SuccessfulSubmissions"].append({"JobName": name, "JobRunId": run_id})
        return answer

    def _stop(self, run: Run) -> None:
        """Raises JobRunInTerminalState. One that is stopping already is stopped again, as on AWS."""
        try:
            if run.state != states.STOPPING:
                self._runner.stop(run)
        except states.ImpossibleTransition:
            raise errors.run_is_over(run.id, run.state) from None
