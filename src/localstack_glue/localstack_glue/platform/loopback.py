"""Listening where `GATEWAY_LISTEN` says, and stopping when told to.

Three faults of LocalStack 4.14 end here:

* the host of an IPv4 `GATEWAY_LISTEN` is dropped and every address is bound
  (`localstack/runtime/server/twisted.py`: "TODO: interface = host?");
* a failed bind is a result nobody reads: the process prints "Ready." and serves nothing;
* `shutdown()` calls `reactor.stop()` from another thread, which a reactor without traffic never notices, and which
  raises if the reactor does not run yet.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from localstack import config
from localstack.runtime import current
from localstack.runtime.server.twisted import TwistedRuntimeServer
from twisted.internet import endpoints, reactor
from twisted.internet.error import CannotListenError

SECONDS_TO_STOP = 18.0
"""After a signal the process is gone at the latest by then, whatever a client or a thread holds open; the stack waits a
little longer (mwaa_local/roles.py)."""


def install() -> None:
    """Repairs the server and the signal handlers. To be called in the main thread before the gateway is registered."""
    TwistedRuntimeServer.register = _register
    TwistedRuntimeServer.shutdown = _shutdown
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)


def when_listening(callback: Callable[[], None]) -> None:
    """Calls `callback` once the gateway listens."""
    _callbacks.append(callback)


_original_register = TwistedRuntimeServer.register
_callbacks: list[Callable[[], None]] = []


def _register(server: TwistedRuntimeServer, gateway: Any, listen: list[config.HostAndPort], ssl_creds: Any) -> None:
    originals = endpoints.TCP4ServerEndpoint, endpoints.TCP6ServerEndpoint
    for address in listen:
        endpoint = _endpoint(address)
        endpoints.TCP4ServerEndpoint = endpoints.TCP6ServerEndpoint = endpoint
        try:
            _original_register(server, gateway, [address], ssl_creds)
        finally:
            endpoints.TCP4ServerEndpoint, endpoints.TCP6ServerEndpoint = originals
    for callback in _callbacks:
        callback()


def require_hook() -> None:
    """From now on the gateway is not registered unless `install` was called by then."""
    TwistedRuntimeServer.register = _refuse


def _refuse(*_: Any) -> None:
    give_up("its start hook was not run, so it would listen on every address. Run python -m localstack_glue.prepare.")


def _endpoint(address: config.HostAndPort) -> Any:
    class OnlyThere:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def listen(self, factory: Any) -> None:
            try:
                reactor.listenTCP(address.port, factory, interface=address.host)
            except CannotListenError as error:
                give_up(f"cannot listen on {address.host}:{address.port}: {error.socketError}")

    return OnlyThere


def give_up(reason: str) -> None:
    """Ends the process with exit code 1 and one line on stderr. Nothing has been served and nothing changed yet."""
    print(f"localstack: {reason}", file=sys.stderr, flush=True)
    os._exit(1)


def _shutdown(server: TwistedRuntimeServer) -> None:
    if server.thread_pool:
        server.thread_pool.stop(timeout=5)
    reactor.callFromThread(_stop_reactor)


def _stop_reactor() -> None:
    if reactor.running:
        reactor.stop()


def _stop(number: int, _frame: Any) -> None:
    # Nothing is printed: stdout may be a pipe that nobody reads any more, and the write would raise in here.
    deadline = threading.Timer(SECONDS_TO_STOP, os._exit, args=(128 + number,))
    deadline.daemon = True
    deadline.start()
    current.get_current_runtime().exit(0)
