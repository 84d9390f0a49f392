"""A service's state as bytes and back.

LocalStack's services show their state to a visitor: stores of its own (`AccountRegionBundle`) and backends of moto
(`BackendDict`). Here each becomes plain data, keyed by account and region, pickled together, and is put back into the
live containers, so that whatever holds a reference to them stays right.

pickle in C does the work, about fifty times faster than the dill LocalStack carries; what it cannot take gets a
reduction here: locks become new locks, backends that objects point back to become the live backend, and functions
without an importable name are left to dill.
"""

from __future__ import annotations

import _thread
import importlib
import io
import pickle
import queue
import threading
import types
from typing import Any

import dill
from localstack.services.plugins import Service
from localstack.services.stores import LOCAL_ATTR_PREFIX, AccountRegionBundle
from localstack.state import StateVisitor
from moto.core.base_backend import BackendDict, BaseBackend

State = list[tuple[str, Any]]


class Containers(StateVisitor):  # type: ignore[misc]
    """The containers of one service, in the order it shows them."""

    def __init__(self, service: Service) -> None:
        self.stores: list[AccountRegionBundle] = []
        self.backends: list[BackendDict] = []
        service.accept_state_visitor(self)

    def visit(self, state_container: Any) -> None:
        if isinstance(state_container, AccountRegionBundle):
            self.stores.append(state_container)
        elif isinstance(state_container, BackendDict):
            self.backends.append(state_container)

    def dump(self) -> bytes:
        """Nothing may change the service meanwhile."""
        return dumps(([_from_stores(bundle) for bundle in self.stores], [_from_backends(b) for b in self.backends]))

    def load(self, state: bytes) -> None:
        """Puts the state back into the containers. Raises whatever a damaged or foreign pickle raises."""
        stores, backends = loads(state)
        for bundle, saved in zip(self.stores, stores, strict=True):
            _to_stores(bundle, saved)
        for backend, saved in zip(self.backends, backends, strict=True):
            _to_backends(backend, saved)

    def clear(self) -> None:
        """After a load that failed half way."""
        for bundle in self.stores:
            bundle.reset()
        for backend in self.backends:
            for regions in backend.values():
                regions.reset()


def dumps(value: Any) -> bytes:
    """As pickle.dumps, for anything a service keeps."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def loads(state: bytes) -> Any:
    """What `dumps` made. Only ever of files below LOCALSTACK_HOME, which this process wrote."""
    return pickle.loads(state)  # noqa: S301


def _from_stores(bundle: AccountRegionBundle) -> Any:
    accounts = {
        account: (regions._global, {region: _local(store) for region, store in regions.items()})
        for account, regions in bundle.items()
    }
    return bundle._universal, accounts


def _local(store: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(store).items() if name.startswith(LOCAL_ATTR_PREFIX)}


def _to_stores(bundle: AccountRegionBundle, saved: Any) -> None:
    universal, accounts = saved
    bundle._universal.update(universal)
    for account, (shared, regions) in accounts.items():
        bundle[account]._global.update(shared)
        for region, attributes in regions.items():
            vars(bundle[account][region]).update(attributes)


def _from_backends(backends: BackendDict) -> Any:
    return {a: {region: vars(backend) for region, backend in regions.items()} for a, regions in backends.items()}


def _to_backends(backends: BackendDict, saved: Any) -> None:
    for account, regions in saved.items():
        for region, attributes in regions.items():
            vars(backends[account][region]).update(attributes)


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, BaseBackend):
            return _live_backend, (type(obj).__module__, obj.account_id, obj.region_name)
        reduce = _REDUCTIONS.get(type(obj))
        if reduce:
            return reduce(obj)
        if isinstance(obj, types.FunctionType) and "<" in obj.__qualname__:
            return dill.loads, (dill.dumps(obj),)
        return NotImplemented


def _live_backend(module: str, account: str, region: str) -> BaseBackend:
    """`module` is `moto.<service>.models`, which holds `<service>_backends`."""
    models = importlib.import_module(module)
    (backends,) = {id(b): b for b in vars(models).values() if isinstance(b, BackendDict)}.values()
    return backends[account][region]


def _queue_with(kind: type[queue.Queue[Any]], items: Any) -> queue.Queue[Any]:
    filled = kind()
    filled.queue.extend(items)
    return filled


def _reduce_queue(obj: queue.Queue[Any]) -> Any:
    return _queue_with, (type(obj), list(obj.queue))


_REDUCTIONS: dict[type, Any] = {
    _thread.RLock: lambda _: (threading.RLock, ()),
    type(_thread.allocate_lock()): lambda _: (_thread.allocate_lock, ()),
    threading.Event: lambda _: (threading.Event, ()),
    queue.Queue: _reduce_queue,
    queue.PriorityQueue: _reduce_queue,
}


def reduce_queues_of(*kinds: type[queue.Queue[Any]]) -> None:
    """Lets subclasses of Queue be pickled by their content."""
    _REDUCTIONS.update(dict.fromkeys(kinds, _reduce_queue))
