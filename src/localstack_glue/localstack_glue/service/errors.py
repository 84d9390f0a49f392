"""Glue's errors, with the codes and texts of AWS.

Each class is one AWS error code; the functions below them are the sentences. Sources: [R] public recordings of AWS,
[M] Glue's API model and guide, [?] no recording found: the code is AWS's, the wording is ours.

    GlueError
    ├── AlreadyExists, IdempotentParameterMismatch
    ├── ConcurrentRunsExceeded
    ├── EntityNotFound
    ├── IllegalWorkflowState
    ├── InvalidInput
    ├── InvalidNextToken          (InvalidInputException)
    └── Validation
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


class EntityNotFound(GlueError):
    code, status = "EntityNotFoundException", 400


class InvalidInput(GlueError):
    code, status = "InvalidInputException", 400


class IllegalWorkflowState(GlueError):
    code, status = "IllegalWorkflowStateException", 400


class Validation(GlueError):
    code, status = "ValidationException", 400


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


def invalid_next_token() -> GlueError:
    return InvalidInput("Invalid NextToken: take it from the answer before, unchanged.")  # [?]


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


def crawler_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Crawler with name {name} does not exist")  # [?]


def workflow_exists(name: str) -> GlueError:
    return AlreadyExists(f"Workflow with name: {name} already exists.")  # [?]


def workflow_not_found() -> GlueError:
    return EntityNotFound("Entity not found")  # [R]


def concurrent_workflow_runs_exceeded(name: str) -> GlueError:
    return ConcurrentRunsExceeded(f"Concurrent runs exceeded for workflow: {name}.")  # [M] ErrorMessage of WorkflowRun


def workflow_run_state(run_id: str, state: str, wanted: str) -> GlueError:
    return IllegalWorkflowState(f"Workflow run {run_id} is {state}; it must be {wanted}.")  # [?]
