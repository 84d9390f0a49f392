"""Statistics of columns, of a table or of a partition: ColumnStatistics by the column's name in lower case."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from . import errors

Kept = dict[str, Any]


def update(kept: Kept, statistics: Iterable[Mapping[str, Any]], columns: Collection[str]) -> list[dict[str, Any]]:
    """Stores those of known `columns` (lower case) that have the data of their type. The others come back as
    ColumnStatisticsErrors, and change nothing."""
    refused = []
    for one in statistics:
        name, data = one["ColumnName"].lower(), one["StatisticsData"]
        if name not in columns:
            problem = errors.column_not_found(one["ColumnName"])
        elif {member for member in data if member != "Type"} != {f"{data['Type'].title()}ColumnStatisticsData"}:
            problem = errors.statistics_data(data["Type"])
        else:
            kept[name] = copy.deepcopy(dict(one))
            continue
        refused.append({"ColumnStatistics": dict(one), "Error": errors.detail(problem)})
    return refused


def get(kept: Kept, names: Iterable[str]) -> dict[str, Any]:
    """The answer of GetColumnStatisticsFor...: what is there, and a ColumnError for each that is not."""
    found, missing = [], []
    for name in names:
        if name.lower() in kept:
            found.append(copy.deepcopy(kept[name.lower()]))
        else:
            missing.append({"ColumnName": name, "Error": errors.detail(errors.no_statistics())})
    return {"ColumnStatisticsList": found, "Errors": missing}


def delete(kept: Kept, name: str) -> None:
    """Nothing happens if there are none, as on AWS."""
    kept.pop(name.lower(), None)
