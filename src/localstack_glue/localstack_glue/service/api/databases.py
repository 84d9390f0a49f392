"""Databases of the Data Catalog."""

from __future__ import annotations

from ..catalog import databases, errors
from ..catalog.backend import Catalog, forget_tags, given
from . import Owner, Request, Response, operation, sorted_page


class DatabasesApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreateDatabase")
    def create_database(self, owner: Owner, request: Request) -> Response:
        definition = given(request["DatabaseInput"])
        definition["Name"] = definition["Name"].lower()
        with self._catalog.lock:
            backend = self._catalog.of(owner, request)
            if definition["Name"] in backend.databases:
                raise errors.database_exists()
            backend.create_database(definition["Name"], definition, request.get("Tags"))
        return {}

    @operation("GetDatabase")
    def get_database(self, owner: Owner, request: Request) -> Response:
        return {"Database": databases.shown(self._catalog.database(owner, request, request["Name"]))}

    @operation("GetDatabases")
    def get_databases(self, owner: Owner, request: Request) -> Response:
        known = [] if foreign(request) else list(self._catalog.of(owner, request).databases.values())
        answer = sorted_page(request, "DatabaseList", known, lambda database: str(database.name))
        wanted = request.get("AttributesToGet")
        answer["DatabaseList"] = [attributes(databases.shown(one), wanted) for one in answer["DatabaseList"]]
        return answer

    @operation("UpdateDatabase")
    def update_database(self, owner: Owner, request: Request) -> Response:
        definition = given(request["DatabaseInput"])
        with self._catalog.lock:
            database = self._catalog.database(owner, request, request["Name"])
            if definition["Name"].lower() != database.name.lower():
                raise errors.renaming("database")
            database.input = {**definition, "Name": database.name}
        return {}

    @operation("DeleteDatabase")
    def delete_database(self, owner: Owner, request: Request) -> Response:
        """With its tables and functions."""
        with self._catalog.lock:
            database = self._catalog.database(owner, request, request["Name"])
            backend = self._catalog.of(owner, request)
            backend.delete_database(database.name)
            forget_tags(backend, "database", database.name)
        return {}


def foreign(request: Request) -> bool:
    """Whether only what others share with the account is asked for: nobody does here."""
    return request.get("ResourceShareType") in ("FOREIGN", "FEDERATED")


def attributes(shown: Response, wanted: list[str] | None) -> Response:
    """Only the members that AttributesToGet names (NAME, TABLE_TYPE, TARGET_DATABASE); all if it is not given."""
    if not wanted:
        return shown
    members = {name.title().replace("_", "") for name in wanted}
    return {member: value for member, value in shown.items() if member in members}
