"""Databases in AWS's shape."""

from __future__ import annotations

from typing import Any

from .backend import given

# What a database grants on new tables if nothing is said: the catalog without Lake Formation's own permissions.
_DEFAULT_PERMISSIONS = [
    {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
]  # [R]
_MEMBERS = ("Description", "LocationUri", "Parameters", "TargetDatabase", "FederatedDatabase")


def shown(database: Any) -> dict[str, Any]:
    """moto's FakeDatabase as a Database."""
    from moto.core.utils import unix_time

    definition = database.input
    permissions = definition.get("CreateTableDefaultPermissions")
    answer: dict[str, Any] = given(
        {
            "Name": database.name,
            **{member: definition.get(member) for member in _MEMBERS},
            "CreateTime": unix_time(database.created_time),
            "CreateTableDefaultPermissions": _DEFAULT_PERMISSIONS if permissions is None else permissions,
            "CatalogId": database.catalog_id,
        }
    )
    return answer
