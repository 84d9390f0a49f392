"""Partition indexes of tables."""

from __future__ import annotations

from ..catalog.backend import Catalog, extras, kept
from ..catalog.partition_indexes import PartitionIndexes
from ..catalog.tables import partition_keys
from . import Owner, Request, Response, operation, page


class PartitionIndexesApi:
    def __init__(self, catalog: Catalog, indexes: PartitionIndexes) -> None:
        self._catalog, self._indexes = catalog, indexes

    @operation("CreatePartitionIndex", stored="states and rules are AWS's; lookups do not become quicker")
    def create_partition_index(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            table = self._catalog.table(owner, request)
            self._indexes.create(extras(table, "indexes"), request["PartitionIndex"], partition_keys(table))
        return {}

    @operation("GetPartitionIndexes")
    def get_partition_indexes(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            described = self._indexes.shown(kept(self._catalog.table(owner, request), "indexes"))
        return page(request, "PartitionIndexDescriptorList", described, lambda index: str(index["IndexName"]))

    @operation("DeletePartitionIndex")
    def delete_partition_index(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            self._indexes.delete(extras(self._catalog.table(owner, request), "indexes"), request["IndexName"])
        return {}
