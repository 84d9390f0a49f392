"""Glue inside LocalStack: the only module of the service that knows LocalStack.

    create_service   the Service that LocalStack serves: our operations, else moto's, else AWS's error for
                     "not here", naming the operation
    _client          the clients that aws.py uses: LocalStack's internal ones

Errors of the inner modules (errors.py) become AWS's error responses here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.client import GatewayShortCircuit, botocore_in_memory_endpoint_patch
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import DispatchTable
from localstack.aws.spec import load_service
from localstack.config import IN_MEMORY_CLIENT
from localstack.runtime import get_current_runtime
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.moto import call_moto
from localstack.services.plugins import Service, ServiceLifecycleHook
from localstack.state import StateVisitor

from . import errors, validation
from .api import Owner, Request, Response, handlers
from .catalog import moto_operations
from .engine import Engine
from .errors import GlueError, not_here
from .settings import Settings

LOG = logging.getLogger(__name__)
Handler = Callable[[Owner, Request], Response]


class GlueProvider(ServiceLifecycleHook):  # type: ignore[misc]
    """What LocalStack asks of a service beside its operations."""

    service = "glue"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def on_before_start(self) -> None:
        self.engine.start()

    def accept_state_visitor(self, visitor: StateVisitor) -> None:
        """The state that moto keeps (the catalog, ...). What is ours keeps itself, on disk."""
        from moto.glue.models import glue_backends

        visitor.visit(glue_backends)


_making = threading.Lock()
_made: list[Engine] = []


def engine() -> Engine:
    """The one of this process, made when first needed."""
    with _making:  # two first requests at once must not make two
        if not _made:
            _made.append(Engine(Settings.from_environment(), _client))
        return _made[0]


def create_service() -> Service:
    """Glue as LocalStack serves it. Its start takes over the runs of an earlier LocalStack; an orderly stop of
    LocalStack ends all runs, while the other services still answer (later hooks stop those, too)."""
    SHUTDOWN_HANDLERS.register(engine().stop)
    return Service.for_provider(GlueProvider(engine()), dispatch_table_factory=_dispatch)


def _dispatch(provider: GlueProvider) -> DispatchTable:
    """Every operation of the model: ours, else moto's if it is one that is used, else a refusal. All are validated."""
    table: dict[str, Callable[..., Any]] = dict.fromkeys(load_service("glue").operation_names, _refuse)
    table.update(dict.fromkeys(moto_operations.USED, _moto))
    for api in provider.engine.apis:
        table.update((name, _ours(handler)) for name, handler in handlers(api))
    return {name: _aws_errors(function) for name, function in table.items()}


def _moto(context: RequestContext, request: Request) -> Any:
    return call_moto(context)


def _refuse(context: RequestContext, request: Request) -> Any:
    raise NotImplementedError


def _ours(handler: Handler) -> Callable[..., Any]:
    def called(context: RequestContext, request: Request) -> Any:
        try:
            return handler(Owner(context.account_id, context.region), request)
        except OSError as problem:  # a full disk, say
            LOG.error("%s: %s", context.operation.name if context.operation else "", problem)
            raise errors.disk_refused(problem) from None
        except NotImplementedError:
            return _moto(context, request)

    return called


def _aws_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    def validated(context: RequestContext, request: Request) -> Any:
        assert context.operation is not None
        try:
            validation.check(context.operation.input_shape, request)
            return function(context, request)
        except NotImplementedError:
            name = context.operation.name
            problem = not_here(f"The operation {name}", moto_operations.reason(name))
        except GlueError as raised:
            problem = raised
        raise CommonServiceException(problem.code, problem.message, problem.status) from None

    return validated


@lru_cache(maxsize=64)
def _client(name: str, account: str, region: str) -> Any:
    """A client that calls the gateway in this process: quicker than a connection to ourselves, and it still works
    when the gateway listens no more, at shutdown."""
    client = connect_to(aws_access_key_id=account, region_name=region).get_client(name)
    if not IN_MEMORY_CLIENT:  # else LocalStack itself has done this
        botocore_in_memory_endpoint_patch.apply()
        GatewayShortCircuit.modify_client(client, get_current_runtime().components.gateway)
    return client
