"""Tables of the Data Catalog, their versions, and the search for them."""

from __future__ import annotations

from ..catalog import errors, search, tables
from ..catalog.backend import Catalog, extras, given
from ..catalog.partition_indexes import PartitionIndexes
from ..catalog.patterns import matching
from ..errors import GlueError, InvalidInput, not_here
from . import Owner, Request, Response, operation, page, sorted_page
from .databases import attributes, foreign

# Members that make AWS write files of an open table format; without that, a table would not be what it says.
_OPEN_FORMATS = ("OpenTableFormatInput", "UpdateOpenTableFormatInput")


class TablesApi:
    def __init__(self, catalog: Catalog, indexes: PartitionIndexes) -> None:
        self._catalog, self._indexes = catalog, indexes

    @operation("CreateTable")
    def create_table(self, owner: Owner, request: Request) -> Response:
        definition = _definition(request)
        with self._catalog.lock:
            database = self._catalog.database(owner, request, request["DatabaseName"])
            if definition["Name"] in database.tables:
                raise errors.table_exists()
            indexes: Response = {}
            for index in request.get("PartitionIndexes") or []:
                self._indexes.create(indexes, index, definition.get("PartitionKeys") or [], at_once=True)
            extras(tables.created(database, definition), "indexes").update(indexes)
        return {}

    @operation("GetTable")
    def get_table(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            return {"Table": tables.shown(self._catalog.table(owner, request, request["Name"]))}

    @operation("GetTables")
    def get_tables(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            known = dict(self._catalog.database(owner, request, request["DatabaseName"]).tables)
        names = matching(request.get("Expression"), known)
        answer = sorted_page(request, "TableList", [known[name] for name in names], lambda table: str(table.name))
        with self._catalog.lock:
            shown = [tables.shown(table) for table in answer["TableList"]]
        answer["TableList"] = [attributes(table, request.get("AttributesToGet")) for table in shown]
        return answer

    @operation("UpdateTable")
    def update_table(self, owner: Owner, request: Request) -> Response:
        definition = _definition(request)
        with self._catalog.lock:
            table = self._catalog.table(owner, request, request.get("Name") or definition["Name"])
            if definition["Name"] != table.name.lower():
                raise errors.renaming("table")
            tables.update(
                table, {**definition, "Name": table.name}, request.get("VersionId"), not request.get("SkipArchive")
            )
        return {}

    @operation("DeleteTable")
    def delete_table(self, owner: Owner, request: Request) -> Response:
        """With its versions, partitions, indexes and statistics."""
        with self._catalog.lock:
            self._delete(owner, request, request["Name"])
        return {}

    @operation("BatchDeleteTable")
    def batch_delete_table(self, owner: Owner, request: Request) -> Response:
        refused = []
        with self._catalog.lock:
            self._catalog.database(owner, request, request["DatabaseName"])
            for name in request["TablesToDelete"]:
                try:
                    self._delete(owner, request, name)
                except GlueError:
                    problem = errors.detail(errors.table_not_found_in_batch(name))
                    refused.append({"TableName": name, "ErrorDetail": problem})
        return {"Errors": refused}

    def _delete(self, owner: Owner, request: Request, name: str) -> None:
        table = self._catalog.table(owner, request, name)
        self._catalog.database(owner, request, request["DatabaseName"]).tables.pop(table.name)

    # versions

    @operation("GetTableVersion")
    def get_table_version(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            return {"TableVersion": tables.versioned(table, request.get("VersionId"))}

    @operation("GetTableVersions")
    def get_table_versions(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            known = tables.versions(self._catalog.table(owner, request))
        return page(request, "TableVersions", known, lambda version: str(version["VersionId"]))

    @operation("DeleteTableVersion")
    def delete_table_version(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            tables.delete_version(self._catalog.table(owner, request), request["VersionId"])
        return {}

    @operation("BatchDeleteTableVersion")
    def batch_delete_table_version(self, owner: Owner, request: Request) -> Response:
        refused = []
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            for number in request["VersionIds"]:
                try:
                    tables.delete_version(table, number)
                except GlueError as problem:
                    entry = {"TableName": table.name, "VersionId": number, "ErrorDetail": errors.detail(problem)}
                    refused.append(entry)
        return {"Errors": refused}

    @operation("SearchTables")
    def search_tables(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            databases = [] if foreign(request) else self._catalog.of(owner, request).databases.values()
            known = [tables.shown(table) for database in databases for table in database.tables.values()]
        chosen = search.found(known, request.get("Filters") or [], request.get("SearchText"))
        chosen = search.ordered(chosen, request.get("SortCriteria") or [])
        return page(request, "TableList", chosen, lambda table: f"{table['DatabaseName']}\0{table['Name']}")


def _definition(request: Request) -> Response:
    """The TableInput, its name in lower case. Raises NotHere, InvalidInput."""
    for member in _OPEN_FORMATS:
        if request.get(member):
            raise not_here(f"The member {member}", "it would write Iceberg metadata")
    if not request.get("TableInput"):
        raise InvalidInput("TableInput must be given.")
    definition: Response = given(request["TableInput"])
    return {**definition, "Name": definition["Name"].lower()}
