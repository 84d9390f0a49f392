"""Statistics of columns, as clients give them; runs that compute them are not offered."""

from __future__ import annotations

from typing import Any

from ..catalog import column_statistics, errors
from ..catalog.backend import Catalog, extras, given, kept
from ..catalog.tables import columns
from . import Owner, Request, Response, operation


class ColumnStatisticsApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("UpdateColumnStatisticsForTable")
    def update_for_table(self, owner: Owner, request: Request) -> Response:
        return self._update(owner, request)

    @operation("UpdateColumnStatisticsForPartition")
    def update_for_partition(self, owner: Owner, request: Request) -> Response:
        return self._update(owner, request)

    @operation("GetColumnStatisticsForTable")
    def get_for_table(self, owner: Owner, request: Request) -> Response:
        return self._get(owner, request)

    @operation("GetColumnStatisticsForPartition")
    def get_for_partition(self, owner: Owner, request: Request) -> Response:
        return self._get(owner, request)

    @operation("DeleteColumnStatisticsForTable")
    def delete_for_table(self, owner: Owner, request: Request) -> Response:
        return self._delete(owner, request)

    @operation("DeleteColumnStatisticsForPartition")
    def delete_for_partition(self, owner: Owner, request: Request) -> Response:
        return self._delete(owner, request)

    def _update(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            known = columns(self._catalog.table(owner, request))
            stored = extras(self._described(owner, request), "statistics")
            return {"Errors": column_statistics.update(stored, given(request["ColumnStatisticsList"]), known)}

    def _get(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            stored = kept(self._described(owner, request), "statistics")
            return column_statistics.get(stored, request["ColumnNames"])

    def _delete(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            column_statistics.delete(extras(self._described(owner, request), "statistics"), request["ColumnName"])
        return {}

    def _described(self, owner: Owner, request: Request) -> Any:
        """moto's table or partition that the request is about. Raises EntityNotFound."""
        table = self._catalog.table(owner, request)
        if "PartitionValues" not in request:
            return table
        found = table.partitions.get(str(list(request["PartitionValues"])))
        if found is None:
            raise errors.partition_of_values_not_found(request["PartitionValues"])
        return found
