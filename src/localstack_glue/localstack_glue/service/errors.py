"""Glue's errors, with the codes and texts of AWS.

Each class is one AWS error code; the functions below them are the sentences. Sources: [R] public recordings of AWS,
[M] Glue's API model and guide, [?] no recording found: the code is AWS's, the wording is ours.

    GlueError
    ├── AlreadyExists, IdempotentParameterMismatch
    ├── ConcurrentModification, ConditionCheckFailure
    ├── ConcurrentRunsExceeded, ResourceNumberLimitExceeded
    ├── CrawlerRunning, CrawlerNotRunning, CrawlerStopping
    ├── EntityNotFound
    ├── IllegalWorkflowState
    ├── InternalService
    ├── InvalidInput, InvalidState
    ├── JobRunInTerminalState
    ├── NoSchedule, SchedulerRunning, SchedulerNotRunning
    ├── NotHere                   (not an error of AWS: what this service does not do)
    └── Validation

Those of the Data Catalog are in catalog/errors.py.
"""

from __future__ import annotations


class GlueError(Exception):
    """An error that the caller of the API sees. `code` is AWS's error code, `status` the HTTP status."""

    code = "InternalServiceException"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AlreadyExists(GlueError):
    code, status = "AlreadyExistsException", 400


class IdempotentParameterMismatch(GlueError):
    code, status = "IdempotentParameterMismatchException", 400


class ConcurrentRunsExceeded(GlueError):
    code, status = "ConcurrentRunsExceededException", 400


class ConcurrentModification(GlueError):
    code, status = "ConcurrentModificationException", 400


class ConditionCheckFailure(GlueError):
    code, status = "ConditionCheckFailureException", 400


class ResourceNumberLimitExceeded(GlueError):
    code, status = "ResourceNumberLimitExceededException", 400


class EntityNotFound(GlueError):
    code, status = "EntityNotFoundException", 400


class InternalService(GlueError):
    pass


class InvalidInput(GlueError):
    code, status = "InvalidInputException", 400


class JobRunInTerminalState(GlueError):
    """Only ever an ErrorDetail of BatchStopJobRun."""

    code, status = "JobRunInTerminalStateException", 400


class InvalidState(GlueError):
    code, status = "InvalidStateException", 400


class NotHere(GlueError):
    """An operation, or a member of its request, that is accepted by AWS and does nothing here."""

    code, status = "InternalFailure", 501


class IllegalWorkflowState(GlueError):
    code, status = "IllegalWorkflowStateException", 400


class Validation(GlueError):
    code, status = "ValidationException", 400


class CrawlerRunning(GlueError):
    code, status = "CrawlerRunningException", 400


class CrawlerNotRunning(GlueError):
    code, status = "CrawlerNotRunningException", 400


class CrawlerStopping(GlueError):
    code, status = "CrawlerStoppingException", 400


class NoSchedule(GlueError):
    code, status = "NoScheduleException", 400


class SchedulerRunning(GlueError):
    code, status = "SchedulerRunningException", 400


class SchedulerNotRunning(GlueError):
    code, status = "SchedulerNotRunningException", 400


def job_exists(name: str) -> GlueError:
    return AlreadyExists(f"Job with name: {name} already exists.")  # [?]


def job_mismatch(name: str) -> GlueError:
    return IdempotentParameterMismatch(f"Job with name '{name}' already submitted with different configuration")  # [R]


def job_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Job with name: {name} not found.")  # [R]


def start_without_job() -> GlueError:
    return EntityNotFound("Failed to start job run due to missing metadata")  # [R]


def run_not_found(job_name: str, run_id: str) -> GlueError:
    return EntityNotFound(f"Job run with id: {run_id} of job: {job_name} not found.")  # [?]


def concurrent_runs_exceeded(job_name: str) -> GlueError:
    return ConcurrentRunsExceeded(f"Concurrent runs exceeded for {job_name}")  # [R]


def bookmark_not_found(job_name: str) -> GlueError:
    return EntityNotFound(f"Continuation for job {job_name} not found")  # [?]


def request_too_large() -> GlueError:
    return InvalidInput("Request size limit exceeded")  # [R]


def run_is_over(run_id: str, state: str) -> GlueError:
    return JobRunInTerminalState(f"Job run {run_id} is in the terminal state {state}.")  # [?]


def disk_refused(problem: OSError) -> GlueError:
    return InternalService(f"The local disk refused the change, and nothing was changed: {problem.strerror}")  # [?]


def invalid_next_token() -> GlueError:
    return InvalidInput("Invalid NextToken: take it from the answer before, unchanged.")  # [?]


def not_here(what: str, why: str = "") -> GlueError:
    """`what` is an operation or a member of one."""
    reason = f" ({why})" if why else ""
    return NotHere(
        f"{what} of AWS Glue is not implemented by this local Glue service{reason}, so nothing was done. "
        "Call it on AWS, or leave it out locally."
    )


def trigger_exists(name: str) -> GlueError:
    return AlreadyExists(f"Trigger with name: {name} already exists.")  # [?]


def trigger_mismatch(name: str) -> GlueError:
    return IdempotentParameterMismatch(
        f"Trigger with name '{name}' already submitted with different configuration"
    )  # [?] as for jobs


def trigger_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Trigger {name} not found.")  # [?]


def trigger_state(state: str) -> GlueError:
    return InvalidInput(f"The operation is not allowed when trigger is in state: {state}")  # [R]


def trigger_cannot_start(kind: str) -> GlueError:
    return InvalidInput(f"Trigger Type {kind} cannot be started")  # [R]


def workflow_exists(name: str) -> GlueError:
    return AlreadyExists(f"Workflow with name: {name} already exists.")  # [?]


def workflow_not_found() -> GlueError:
    return EntityNotFound("Entity not found")  # [R]


def concurrent_workflow_runs_exceeded(name: str) -> GlueError:
    return ConcurrentRunsExceeded(f"Concurrent runs exceeded for workflow: {name}.")  # [M] ErrorMessage of WorkflowRun


def workflow_run_state(run_id: str, state: str, wanted: str) -> GlueError:
    return IllegalWorkflowState(f"Workflow run {run_id} is {state}; it must be {wanted}.")  # [?]


def crawler_exists(name: str) -> GlueError:
    return AlreadyExists(f"Crawler with name {name} already exists")  # [?]


def crawler_not_found(name: str) -> GlueError:
    """Of StartCrawler and others that act."""
    return EntityNotFound(f"Crawler with name {name} does not exist")  # [R]


def crawler_entry_not_found(name: str) -> GlueError:
    """Of GetCrawler and others that look."""
    return EntityNotFound(f"Crawler entry with name {name} does not exist")  # [R]


def crawler_running(name: str) -> GlueError:
    return CrawlerRunning(f"Crawler with name {name} has already started")  # [R]


def crawler_not_running(name: str) -> GlueError:
    return CrawlerNotRunning(f"Crawler with name {name} isn't running")  # [R]


def crawler_stopping(name: str) -> GlueError:
    return CrawlerStopping(f"Crawler with name {name} is already stopping")  # [?]


def update_of_running_crawler() -> GlueError:
    """The model names CrawlerRunningException; what was recorded is this code."""
    return InvalidInput(
        "Cannot update Crawler while running. Please stop crawl or wait until it completes to update."
    )  # [R]


def delete_of_running_crawler(name: str) -> GlueError:
    return CrawlerRunning(f"Cannot delete {name} while it's running")  # [R]


def no_schedule(name: str) -> GlueError:
    return NoSchedule(f"Crawler with name {name} has no schedule")  # [?]


def scheduler_running(name: str) -> GlueError:
    return SchedulerRunning(f"The schedule of crawler {name} is already running")  # [?]


def scheduler_not_running(name: str) -> GlueError:
    return SchedulerNotRunning(f"The schedule of crawler {name} isn't running")  # [?]


def bucket_missing(bucket: str) -> GlueError:
    return InvalidInput(f"S3 bucket {bucket} does not exist.")  # [R]


def classifier_missing(name: str) -> GlueError:
    return InvalidInput(f"Classifier {name} does not exist.")  # [?]
