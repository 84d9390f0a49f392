"""Connections to data stores."""

from __future__ import annotations

from typing import Any

from ..catalog import connections, errors
from ..catalog.backend import Catalog, forget_tags, given
from ..errors import GlueError
from . import Owner, Request, Response, operation, sorted_page

_STORED = "nothing is connected to, and jobs are not put into a network; a job reads the properties by GetConnection"


class ConnectionsApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreateConnection", stored=_STORED)
    def create_connection(self, owner: Owner, request: Request) -> Response:
        definition = given(request["ConnectionInput"])
        connections.check(definition)
        with self._catalog.lock:
            backend = self._catalog.of(owner, request)
            if definition["Name"] in backend.connections:
                raise errors.connection_exists()
            made = connections.created(backend, definition, request.get("Tags"))
        return {"CreateConnectionStatus": made.status}

    @operation("GetConnection")
    def get_connection(self, owner: Owner, request: Request) -> Response:
        found = self._found(self._catalog.of(owner, request), request["Name"])
        environment = request.get("ApplyOverrideForComputeEnvironment")
        return {"Connection": connections.shown(found, bool(request.get("HidePassword")), environment)}

    @operation("GetConnections")
    def get_connections(self, owner: Owner, request: Request) -> Response:
        known = list(self._catalog.of(owner, request).connections.values())
        found = connections.selected(known, request.get("Filter") or {})
        answer = sorted_page(request, "ConnectionList", found, lambda connection: str(connection.name))
        hidden = bool(request.get("HidePassword"))
        answer["ConnectionList"] = [connections.shown(one, hidden) for one in answer["ConnectionList"]]
        return answer

    @operation("UpdateConnection", stored=_STORED)
    def update_connection(self, owner: Owner, request: Request) -> Response:
        """Replaces the definition; when it was made, and its tags, stay."""
        definition = given(request["ConnectionInput"])
        with self._catalog.lock:
            found = self._found(self._catalog.of(owner, request), request["Name"])
            if definition["Name"] != found.name:
                raise errors.renaming("connection")
            connections.check(definition)
            connections.replace(found, definition)
        return {}

    @operation("DeleteConnection")
    def delete_connection(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            self._delete(self._catalog.of(owner, request), request["ConnectionName"])
        return {}

    @operation("BatchDeleteConnection")
    def batch_delete_connection(self, owner: Owner, request: Request) -> Response:
        gone, refused = [], {}
        with self._catalog.lock:
            backend = self._catalog.of(owner, request)
            for name in request["ConnectionNameList"]:
                try:
                    self._delete(backend, name)
                    gone.append(name)
                except GlueError as problem:
                    refused[name] = errors.detail(problem)
        return {"Succeeded": gone, "Errors": refused}

    def _delete(self, backend: Any, name: str) -> None:
        self._found(backend, name)
        del backend.connections[name]
        forget_tags(backend, "connection", name)

    def _found(self, backend: Any, name: str) -> Any:
        if name not in backend.connections:
            raise errors.connection_not_found(name)
        return backend.connections[name]
