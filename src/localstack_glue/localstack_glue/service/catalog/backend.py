"""moto's catalog objects, found by name."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import GlueError, not_here
from ..owner import Owner
from . import errors

Request = Mapping[str, Any]
# Names of a point in time of governed tables: who asks for another than now must not get now.
_TIME_TRAVEL = ("TransactionId", "QueryAsOfTime")


class Catalog:
    """`lock` is for whoever reads, decides and writes. Names of databases and tables are lower case, as on AWS; those
    that moto may have kept otherwise are found as they are."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def of(self, owner: Owner, request: Request) -> Any:
        """moto's GlueBackend for the catalog that a request is about: CatalogId, or the caller's own. Raises
        EntityNotFound for a catalog that is not an account's, NotHere for one of another time."""
        from moto.glue.models import glue_backends

        for member in _TIME_TRAVEL:
            if request.get(member):
                raise not_here(f"The member {member}")
        account = request.get("CatalogId") or owner.account
        if not (account.isdigit() and len(account) == 12):
            raise errors.catalog_not_found(account)
        return glue_backends[account][owner.region]

    def database(self, owner: Owner, request: Request, name: str) -> Any:
        """moto's FakeDatabase. Raises EntityNotFound."""
        known = self.of(owner, request).databases
        found = known.get(name) or known.get(name.lower())
        if found is None:
            raise errors.database_not_found(name)
        return found

    def table(self, owner: Owner, request: Request, name: str | None = None) -> Any:
        """moto's FakeTable that DatabaseName and TableName, or `name`, are about. Raises EntityNotFound."""
        wanted = str(name or request["TableName"])
        known = self.database(owner, request, request["DatabaseName"]).tables
        found = known.get(wanted) or known.get(wanted.lower())
        if found is None:
            raise errors.table_not_found(wanted)
        return found


def extras(thing: Any, kind: str) -> dict[str, Any]:
    """What is kept with an object of moto's beside moto's own: saved with it, gone with it. For changing it."""
    found: dict[str, Any] = thing.__dict__.setdefault(f"glue_{kind}", {})
    return found


def kept(thing: Any, kind: str) -> dict[str, Any]:
    """The same for reading: a call that only reads may come while the object is being saved, and must not touch it."""
    found: dict[str, Any] = thing.__dict__.get(f"glue_{kind}", {})
    return found


def given(value: Any) -> Any:
    """A copy of a member of a request, without what the client left out (None)."""
    if isinstance(value, Mapping):
        return {key: given(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [given(item) for item in value]
    return copy.deepcopy(value)


@contextmanager
def motos_errors() -> Iterator[None]:
    """What moto raises inside, as an error of ours of the same code and text."""
    from moto.core.exceptions import JsonRESTError

    try:
        yield
    except JsonRESTError as problem:
        error = GlueError(str(problem.message))
        error.code, error.status = str(problem.error_type), 400
        raise error from None


def forget_tags(backend: Any, kind: str, name: str) -> None:
    """A resource made later by that name has none of the tags of the one before."""
    backend.tagger.delete_all_tags_for_resource(arn(backend, kind, name))


def arn(backend: Any, kind: str, name: str) -> str:
    return f"{str(backend.default_catalog_arn).rpartition(':')[0]}:{kind}/{name}"
