"""User-defined functions. They are kept with moto's database, and go with it."""

from __future__ import annotations

import time

from ..catalog import errors
from ..catalog.backend import Catalog, extras, given, kept
from ..catalog.patterns import matching
from . import Owner, Request, Response, operation, sorted_page

_STORED = "the catalog of functions that Hive and Spark read; nothing here runs them"


class FunctionsApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreateUserDefinedFunction", stored=_STORED)
    def create_function(self, owner: Owner, request: Request) -> Response:
        definition = given(request["FunctionInput"])
        if not definition.get("FunctionName"):
            raise errors.function_name()
        with self._catalog.lock:
            known = self._functions(owner, request)
            if definition["FunctionName"] in known:
                raise errors.function_exists(definition["FunctionName"])
            known[definition["FunctionName"]] = {**definition, "CreateTime": time.time()}
        return {}

    @operation("GetUserDefinedFunction")
    def get_function(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            database = self._catalog.database(owner, request, request["DatabaseName"])
            found = self._found(kept(database, "functions"), request["FunctionName"])
            return {"UserDefinedFunction": _shown(found, database)}

    @operation("GetUserDefinedFunctions")
    def get_functions(self, owner: Owner, request: Request) -> Response:
        """Of one database, or of all."""
        with self._catalog.lock:
            if name := request.get("DatabaseName"):
                databases = [self._catalog.database(owner, request, name)]
            else:
                databases = list(self._catalog.of(owner, request).databases.values())
            known = [_shown(one, database) for database in databases for one in kept(database, "functions").values()]
        names = set(matching(request["Pattern"], {one["FunctionName"] for one in known}))
        kind = request.get("FunctionType")
        found = [one for one in known if one["FunctionName"] in names and kind in (None, one.get("FunctionType"))]
        return sorted_page(
            request, "UserDefinedFunctions", found, lambda one: f"{one['DatabaseName']}\0{one['FunctionName']}"
        )

    @operation("UpdateUserDefinedFunction", stored=_STORED)
    def update_function(self, owner: Owner, request: Request) -> Response:
        """Replaces the definition, perhaps with another name; the time of its making stays."""
        definition = given(request["FunctionInput"])
        old = request["FunctionName"]
        new = definition.setdefault("FunctionName", old)
        with self._catalog.lock:
            known = self._functions(owner, request)
            made = self._found(known, old)["CreateTime"]
            if new != old and new in known:
                raise errors.function_exists(new)
            known.pop(old)
            known[new] = {**definition, "CreateTime": made}
        return {}

    @operation("DeleteUserDefinedFunction")
    def delete_function(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            known = self._functions(owner, request)
            self._found(known, request["FunctionName"])
            known.pop(request["FunctionName"])
        return {}

    def _functions(self, owner: Owner, request: Request) -> Response:
        return extras(self._catalog.database(owner, request, request["DatabaseName"]), "functions")

    def _found(self, known: Response, name: str) -> Response:
        if name not in known:
            raise errors.function_not_found(name)
        found: Response = known[name]
        return found


def _shown(function: Response, database: object) -> Response:
    name, catalog = database.name, database.catalog_id  # type: ignore[attr-defined]
    return {"FunctionType": "REGULAR_FUNCTION", **given(function), "DatabaseName": name, "CatalogId": catalog}
