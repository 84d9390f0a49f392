"""Glue's API inside LocalStack: the only module of the service that knows LocalStack.

    create_service   the Service that LocalStack serves: our operations, else moto's, else AWS's error for
                     "not here", naming the operation
    GlueProvider     the handlers of the job operations, thin: each asks JobStore, RunStore or Runner
    _client          the clients that aws.py uses: LocalStack's internal ones

Requests are dicts in AWS's shape. Errors of the inner modules (errors.py) become AWS's error responses here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar, cast

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.client import GatewayShortCircuit, botocore_in_memory_endpoint_patch
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import DispatchTable
from localstack.aws.spec import load_service
from localstack.config import IN_MEMORY_CLIENT
from localstack.runtime import get_current_runtime
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.moto import MotoFallbackDispatcher, call_moto
from localstack.services.plugins import Service, ServiceLifecycleHook
from localstack.state import StateVisitor

from . import arguments, errors, pages, states, validation
from .aws import AwsServices
from .errors import GlueError
from .jobs import JobStore
from .runner import Runner
from .runs import RunStore
from .settings import Settings

Request = dict[str, Any]
Response = dict[str, Any]
Handler = TypeVar("Handler", bound=Callable[..., Any])
PAGE = 100  # items a page, if MaxResults is not given
RUNS_PAGE = 200  # GetJobRuns gives at most 200


def operation(name: str) -> Callable[[Handler], Handler]:
    """Marks a method as the handler of an operation; it gets the request as one dict, in AWS's names."""
    return cast("Callable[[Handler], Handler]", handler(name, expand=False))


class GlueProvider(ServiceLifecycleHook):  # type: ignore[misc]
    """Handlers named as Glue's operations, one each."""

    service = "glue"

    def __init__(self, jobs: JobStore, runs: RunStore, runner: Runner) -> None:
        self._jobs, self._runs, self._runner = jobs, runs, runner

    def on_before_start(self) -> None:
        self._runner.adopt()

    def accept_state_visitor(self, visitor: StateVisitor) -> None:
        """The state that moto keeps (catalog, triggers, ...). Jobs and runs keep themselves, on disk."""
        from moto.glue.models import glue_backends

        visitor.visit(glue_backends)

    @operation("CreateJob")
    def create_job(self, context: RequestContext, request: Request) -> Response:
        return {"Name": self._jobs.create(context.account_id, context.region, request)["Name"]}

    @operation("GetJob")
    def get_job(self, context: RequestContext, request: Request) -> Response:
        return {"Job": self._jobs.get(context.account_id, context.region, request["JobName"])}

    @operation("GetJobs")
    def get_jobs(self, context: RequestContext, request: Request) -> Response:
        return _page(request, "Jobs", self._jobs.listed(context.account_id, context.region), lambda job: job["Name"])

    @operation("ListJobs")
    def list_jobs(self, context: RequestContext, request: Request) -> Response:
        jobs = self._jobs.listed(context.account_id, context.region, request.get("Tags"))
        return _page(request, "JobNames", [job["Name"] for job in jobs], str)

    @operation("BatchGetJobs")
    def batch_get_jobs(self, context: RequestContext, request: Request) -> Response:
        known = {job["Name"]: job for job in self._jobs.listed(context.account_id, context.region)}
        names = dict.fromkeys(request["JobNames"])
        return {
            "Jobs": [known[name] for name in names if name in known],
            "JobsNotFound": [name for name in names if name not in known],
        }

    @operation("UpdateJob")
    def update_job(self, context: RequestContext, request: Request) -> Response:
        job = self._jobs.update(context.account_id, context.region, request["JobName"], request["JobUpdate"])
        return {"JobName": job["Name"]}

    @operation("DeleteJob")
    def delete_job(self, context: RequestContext, request: Request) -> Response:
        self._jobs.delete(context.account_id, context.region, request["JobName"])
        return {"JobName": request["JobName"]}

    @operation("StartJobRun")
    def start_job_run(self, context: RequestContext, request: Request) -> Response:
        account, region = context.account_id, context.region
        try:
            job = self._jobs.get(account, region, request["JobName"])
        except errors.EntityNotFound:
            raise errors.start_without_job() from None
        if request.get("JobRunId") and request.get("Arguments") is None:
            resumed = self._runs.get(account, region, request["JobName"], request["JobRunId"])
            request = {**request, "Arguments": resumed.record.get("Arguments")}
        given = arguments.merged(
            job.get("DefaultArguments"), request.get("Arguments"), job.get("NonOverridableArguments")
        )
        run = self._runs.create(account, region, job, request, given)
        self._runner.submit(run)
        return {"JobRunId": run.id}

    @operation("GetJobRun")
    def get_job_run(self, context: RequestContext, request: Request) -> Response:
        run = self._runs.get(context.account_id, context.region, request["JobName"], request["RunId"])
        return {"JobRun": run.shown()}

    @operation("GetJobRuns")
    def get_job_runs(self, context: RequestContext, request: Request) -> Response:
        runs = self._runs.newest_first(context.account_id, context.region, request["JobName"])
        if not runs:
            self._jobs.get(context.account_id, context.region, request["JobName"])
        answer = _page(request, "JobRuns", runs, lambda run: run.id, RUNS_PAGE)
        return {**answer, "JobRuns": [run.shown() for run in answer["JobRuns"]]}

    @operation("BatchStopJobRun")
    def batch_stop_job_run(self, context: RequestContext, request: Request) -> Response:
        name = request["JobName"]
        answer: Response = {"SuccessfulSubmissions": [], "Errors": []}
        for run_id in request["JobRunIds"]:
            try:
                run = self._runs.get(context.account_id, context.region, name, run_id)
                if run.state != states.STOPPING:
                    self._runner.stop(run)
            except (GlueError, states.ImpossibleTransition) as problem:
                answer["Errors"].append({"JobName": name, "JobRunId": run_id, "ErrorDetail": _detail(problem)})
            else:
                answer["SuccessfulSubmissions"].append({"JobName": name, "JobRunId": run_id})
        return answer

    @operation("GetTags")
    def get_tags(self, context: RequestContext, request: Request) -> Response:
        return {"Tags": self._jobs.tags(context.account_id, context.region, _job_of(request["ResourceArn"]))}

    @operation("TagResource")
    def tag_resource(self, context: RequestContext, request: Request) -> Response:
        account, region, name = context.account_id, context.region, _job_of(request["ResourceArn"])
        tags = {**self._jobs.tags(account, region, name), **request["TagsToAdd"]}
        self._jobs.set_tags(account, region, name, tags)
        return {}

    @operation("UntagResource")
    def untag_resource(self, context: RequestContext, request: Request) -> Response:
        account, region, name = context.account_id, context.region, _job_of(request["ResourceArn"])
        tags = self._jobs.tags(account, region, name)
        kept = {key: value for key, value in tags.items() if key not in request["TagsToRemove"]}
        self._jobs.set_tags(account, region, name, kept)
        return {}


class Engine:
    """The one set of stores and runner of this process, made when first needed."""

    def __init__(self) -> None:
        settings = Settings.from_environment()
        self.jobs = JobStore(settings.jobs)
        self.runs = RunStore(settings.runs)
        self.runner = Runner(self.runs, AwsServices(_client), settings)


_making = threading.Lock()
_made: list[Engine] = []


def engine() -> Engine:
    with _making:  # two first requests at once must not make two
        if not _made:
            _made.append(Engine())
        return _made[0]


def create_service() -> Service:
    """Glue as LocalStack serves it. Its start takes over the runs of an earlier LocalStack; an orderly stop of
    LocalStack ends all runs, while the other services still answer (later hooks stop those, too)."""
    parts = engine()
    SHUTDOWN_HANDLERS.register(parts.runner.shutdown)
    return Service.for_provider(GlueProvider(parts.jobs, parts.runs, parts.runner), dispatch_table_factory=_dispatch)


def _dispatch(provider: GlueProvider) -> DispatchTable:
    """Every operation of the model: ours, else moto's, else a refusal. All are validated."""
    table: dict[str, Callable[..., Any]] = dict.fromkeys(load_service("glue").operation_names, _moto)
    table.update(MotoFallbackDispatcher(provider))
    return {name: _aws_errors(function) for name, function in table.items()}


def _moto(context: RequestContext, request: Request) -> Any:
    return call_moto(context)


def _aws_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    def validated(context: RequestContext, request: Request) -> Any:
        assert context.operation is not None
        try:
            validation.check(context.operation.input_shape, request)
            return function(context, request)
        except GlueError as problem:
            raise CommonServiceException(problem.code, problem.message, problem.status) from None
        except NotImplementedError:
            raise CommonServiceException("InternalFailure", _refusal(context.operation.name), 501) from None

    return validated


def _refusal(name: str) -> str:
    return (
        f"The operation {name} of AWS Glue is implemented neither by this local Glue service nor by moto, "
        "so nothing was done. Call it on AWS, or leave it out locally."
    )


@lru_cache(maxsize=64)
def _client(name: str, account: str, region: str) -> Any:
    """A client that calls the gateway in this process: quicker than a connection to ourselves, and it still works
    when the gateway listens no more, at shutdown."""
    client = connect_to(aws_access_key_id=account, region_name=region).get_client(name)
    if not IN_MEMORY_CLIENT:  # else LocalStack itself has done this
        botocore_in_memory_endpoint_patch.apply()
        GatewayShortCircuit.modify_client(client, get_current_runtime().components.gateway)
    return client


def _page(request: Request, member: str, items: list[Any], key: Callable[[Any], str], most: int = PAGE) -> Response:
    found, token = pages.page(items, key, request.get("NextToken"), request.get("MaxResults") or most)
    return {member: found, **({"NextToken": token} if token else {})}


def _job_of(arn: str) -> str:
    """The job that a resource ARN names; others are moto's (NotImplementedError sends the request there)."""
    resource = arn.split(":", 5)[-1]
    if not resource.startswith("job/"):
        raise NotImplementedError
    return resource.removeprefix("job/")


def _detail(problem: Exception) -> dict[str, str]:
    if isinstance(problem, GlueError):
        return {"ErrorCode": problem.code, "ErrorMessage": problem.message}
    return {"ErrorCode": "JobRunInTerminalStateException", "ErrorMessage": f"Job run is in a terminal state: {problem}"}
