"""Which of moto's own operations are used, and how far they are real. moto has others: those whose answers it invents
are refused, like everything that neither it nor this service implements.

Judged one by one against moto's code. A handler of this service's own (api/) goes before all of this.
"""

from __future__ import annotations

import re

_ENCRYPTED = "nothing is encrypted by it"
_COMPATIBLE = "definitions are kept in versions; neither their syntax nor their compatibility is checked"

# operation -> what AWS would do that this does not; empty where it is all there is to do
USED: dict[str, str] = {
    "CreateSchema": _COMPATIBLE,
    "DeleteRegistry": "",
    "DeleteSchema": "",
    "GetDataCatalogEncryptionSettings": "",
    "GetSchema": "",
    "GetSchemaByDefinition": "",
    "GetSchemaVersion": "",
    "PutDataCatalogEncryptionSettings": _ENCRYPTED,
    "RegisterSchemaVersion": _COMPATIBLE,
    "UpdateSchema": _COMPATIBLE,
}

# operations (a whole name, as a regular expression) -> why they are refused
_REASONS: tuple[tuple[str, str], ...] = (
    (r".*DevEndpoints?", "there is no machine that a development endpoint could be"),
    (r".*Sessions?|.*Statements?", "there is no interactive Spark session behind it"),
    (r".*ColumnStatisticsTask.*", "nothing here computes statistics; give them by UpdateColumnStatisticsFor..."),
    (r".*DataQuality.*", "data quality rules are not evaluated here"),
    (r".*(MLTransform|MLTask|ML(Evaluation|Labeling)|LabelsTask).*", "machine learning transforms are not offered"),
    (r".*TableOptimizer.*", "there are no Iceberg tables to compact"),
    (r".*Integration.*", "zero-ETL integrations have no source here"),
    (r".*Blueprint.*", "blueprints are not run here"),
    (r"(Create|Delete|Get|Update)Catalogs?", "there is the account's own catalog alone"),
    (r"ImportCatalogToGlue", "there is no Athena catalog to import from"),
    (r".*IdentityCenter.*", "there is no IAM Identity Center here"),
    (r".*MaterializedView.*", "materialized views are not refreshed here"),
    (r".*ConnectionTypes?|TestConnection|.*Entity|.*Entities|.*EntityRecords", "nothing is connected to"),
    (r"GetUnfiltered.*", "Lake Formation's permissions are not here"),
    (r"CreateScript|GetPlan|GetMapping|GetDataflowGraph", "scripts are not generated here"),
    (r".*SourceControl.*", "there is no source repository behind jobs"),
)


def reason(operation: str) -> str:
    """Why an operation that is not implemented is refused; empty where there is no more to say than that."""
    return next((why for pattern, why in _REASONS if re.fullmatch(pattern, operation)), "")
