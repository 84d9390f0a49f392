"""Partitions of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..catalog import errors, partitions
from ..catalog.backend import Catalog, given
from ..errors import GlueError
from . import Owner, Request, Response, operation, sorted_page


class PartitionsApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreatePartition")
    def create_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            partitions.create(self._catalog.table(owner, request), given(request["PartitionInput"]))
        return {}

    @operation("BatchCreatePartition")
    def batch_create_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            return _each(
                request["PartitionInputList"],
                lambda one: partitions.create(table, given(one)),
                lambda one: {"PartitionValues": one.get("Values") or []},
            )

    @operation("GetPartition")
    def get_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            found = partitions.find(table, request["PartitionValues"])
            return {"Partition": partitions.shown(found, table.catalog_id)}

    @operation("BatchGetPartition")
    def batch_get_partition(self, owner: Owner, request: Request) -> Response:
        """Those that are not there are left out, as on AWS."""
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            asked = {tuple(one["Values"]) for one in request["PartitionsToGet"]}
            found = [one for one in table.partitions.values() if tuple(one.values) in asked]
            return {"Partitions": [partitions.shown(one, table.catalog_id) for one in found], "UnprocessedKeys": []}

    @operation("GetPartitions")
    def get_partitions(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            found = partitions.selected(table, request.get("Expression"), request.get("Segment"))
            answer = sorted_page(request, "Partitions", found, partitions.order, most=1000)
            with_columns = not request.get("ExcludeColumnSchema")
            answer["Partitions"] = [
                partitions.shown(one, table.catalog_id, with_columns) for one in answer["Partitions"]
            ]
        return answer

    @operation("UpdatePartition")
    def update_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            definition = given(request["PartitionInput"])
            partitions.update(
                table, request["PartitionValueList"], definition, lambda values: errors.partition_not_found()
            )
        return {}

    @operation("BatchUpdatePartition")
    def batch_update_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            return _each(
                request["Entries"],
                lambda entry: partitions.update(
                    table,
                    entry["PartitionValueList"],
                    given(entry["PartitionInput"]),
                    errors.partition_of_values_not_found,
                ),
                lambda entry: {"PartitionValueList": entry["PartitionValueList"]},
            )

    @operation("DeletePartition")
    def delete_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            partitions.delete(self._catalog.table(owner, request), request["PartitionValues"])
        return {}

    @operation("BatchDeletePartition")
    def batch_delete_partition(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            return _each(
                request["PartitionsToDelete"],
                lambda one: partitions.delete(table, one["Values"]),
                lambda one: {"PartitionValues": one["Values"]},
            )


def _each(items: Iterable[Request], work: Callable[[Request], None], named: Callable[[Request], Response]) -> Response:
    """Does the work for every item; those refused are the answer's Errors, each `named` and with its ErrorDetail."""
    refused = []
    for item in items:
        try:
            work(item)
        except GlueError as problem:
            refused.append({**named(item), "ErrorDetail": errors.detail(problem)})
    return {"Errors": refused}
