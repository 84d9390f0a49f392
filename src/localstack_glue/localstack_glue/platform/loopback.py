"""Listening where `GATEWAY_LISTEN` says, and stopping when told to.

Faults of LocalStack 4.14 end here:

* the host of an IPv4 `GATEWAY_LISTEN` is dropped and every address is bound
  (`localstack/runtime/server/twisted.py`: "TODO: interface = host?");
* a failed bind is a result nobody reads: the process prints "Ready." and serves nothing;
* `shutdown()` calls `reactor.stop()` from another thread, which a reactor without traffic never notices, and which
  raises if the reactor does not run yet;
* the interpreter is taken down below a dozen daemon threads, and such an end may come to a standstill
  (https://github.com/python/cpython/issues/87135). Seen once: it was still there 19 s after all was saved and closed.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from localstack import config
from localstack.runtime import current
from localstack.runtime.server.twisted import TwistedRuntimeServer
from twisted.internet import endpoints, reactor
from twisted.internet.error import CannotListenError

SECONDS_TO_STOP = 18.0
"""After a signal the process is gone at the latest by then, whatever a client or a thread holds open; the stack waits a
little longer (mwaa_local/roles.py). The log then says where each thread stood a second before."""


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


def leave(status: int) -> NoReturn:
    """Ends the process at once, when all is saved and closed."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # a pipe that nobody reads any more
            stream.flush()
    os._exit(status)


def _stop(_number: int, _frame: Any) -> None:
    # Nothing is printed: stdout may be a pipe that nobody reads any more, and the write would raise in here.
    # The kernel's alarm and the C thread of faulthandler need no lock that a thread at a standstill may hold.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_STOP)
    faulthandler.dump_traceback_later(SECONDS_TO_STOP - 1)
    current.get_current_runtime().exit(0)
