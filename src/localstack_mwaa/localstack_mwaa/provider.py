"""MWAA inside LocalStack: the only module of the service that knows LocalStack."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import DispatchTable
from localstack.aws.spec import load_service
from localstack.constants import DEFAULT_AWS_ACCOUNT_ID
from localstack.services.plugins import Service, ServiceLifecycleHook
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from . import validation
from .environment import Environment
from .errors import MwaaError, NotHere
from .operations import Operations, Request, handlers

NEEDS = ("ENV_NAME", "MWAA_ENV_ID", "WEBSERVER_SECRET_KEY", "WEB_URL", "AIRFLOW_VERSION", "ENV_CLASS")
NOT_OF_THIS_AIRFLOW = "Airflow 2.2.2 on MWAA has no REST API (its auth_backend is deny_all)"


class MwaaProvider(ServiceLifecycleHook):  # type: ignore[misc]
    """What LocalStack asks of a service beside its operations."""

    service = "mwaa"

    def __init__(self, operations: Operations) -> None:
        self.operations = operations

    def on_before_start(self) -> None:
        self.operations.start()


def create_service() -> Service:
    """MWAA as LocalStack serves it. Raises KeyError for a variable of the stack's that is missing."""
    variables = dict(os.environ)
    missing = [name for name in NEEDS if not variables.get(name)]
    if missing:
        raise KeyError(f"MWAA's API needs the stack's environment: {', '.join(missing)} not set (stack/bin/localstack)")
    region = variables.get("AWS_DEFAULT_REGION", "us-east-1")
    environment = Environment(variables, DEFAULT_AWS_ACCOUNT_ID, region)
    provider = MwaaProvider(Operations(environment, lambda service, key: _client(service, key, region)))
    return Service.for_provider(provider, dispatch_table_factory=_dispatch)


def _client(service: str, key: str, region: str) -> Any:
    named = {"aws_access_key_id": key, "aws_secret_access_key": "test"} if key else {}
    return connect_to(region_name=region, **named).get_client(service)


def _dispatch(provider: MwaaProvider) -> DispatchTable:
    """Every operation of the model: ours, else a refusal. All are validated."""
    table = dict.fromkeys(load_service("mwaa").operation_names, _refuse) | {
        name: _ours(handler) for name, handler in handlers(provider.operations).items()
    }
    return {name: _aws_errors(function) for name, function in table.items()}


def _refuse(context: RequestContext, request: Request) -> Any:
    assert context.operation is not None
    raise NotHere(
        f"{context.operation.name} is not implemented by this replica: {NOT_OF_THIS_AIRFLOW}. Nothing was done."
    )


def _ours(handler: Callable[[Request, str], Request]) -> Callable[[RequestContext, Request], Any]:
    def called(context: RequestContext, request: Request) -> Any:
        return handler(request, extract_access_key_id_from_auth_header(context.request.headers) or "")

    return called


def _aws_errors(function: Callable[[RequestContext, Request], Any]) -> Callable[[RequestContext, Request], Any]:
    def validated(context: RequestContext, request: Request) -> Any:
        assert context.operation is not None
        try:
            validation.check(context.operation.input_shape, request)
            return function(context, request)
        except MwaaError as raised:
            raise CommonServiceException(raised.code, raised.message, raised.status) from None

    return validated
