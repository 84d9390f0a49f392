"""Schema registries, on moto's objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import errors
from .backend import motos_errors

Shown = dict[str, Any]


def created(backend: Any, request: Mapping[str, Any]) -> Any:
    """A FakeRegistry. Raises what moto raises; AlreadyExists also for the name that moto treats as its own, that of the
    registry of schemas that name none."""
    from moto.glue.glue_schema_registry_constants import DEFAULT_REGISTRY_NAME

    name = request["RegistryName"]
    if name == DEFAULT_REGISTRY_NAME and name in backend.registries:
        raise errors.registry_exists(name)
    with motos_errors():
        backend.create_registry(name, request.get("Description"), request.get("Tags"))
    return backend.registries[name]


def describe(registry: Any, description: str) -> None:
    from moto.core.utils import utcnow

    registry.description, registry.updated_time = description, utcnow()


def versions(backend: Any, schema_id: Mapping[str, str]) -> list[Shown]:
    """As SchemaVersionListItems, the oldest first. Raises what moto raises."""
    from moto.glue.glue_schema_registry_utils import validate_schema_id

    with motos_errors():
        registry, name, _ = validate_schema_id(schema_id, backend.registries)
    known = backend.registries[registry].schemas[name].schema_versions.values()
    return [
        {**one.as_dict(), "SchemaArn": one.schema_arn, "CreatedTime": str(one.created_time)}
        for one in sorted(known, key=lambda one: int(one.version_number))
    ]


def shown(registry: Any) -> Shown:
    """As a RegistryListItem."""
    return {
        "RegistryName": registry.name,
        "RegistryArn": registry.registry_arn,
        "Description": registry.description or "",
        "Status": registry.status,
        "CreatedTime": str(registry.created_time),
        "UpdatedTime": str(registry.updated_time),
    }


def schema_shown(schema: Any) -> Shown:
    """As a SchemaListItem."""
    return {
        "RegistryName": schema.registry_name,
        "SchemaName": schema.schema_name,
        "SchemaArn": schema.schema_arn,
        "Description": schema.description or "",
        "SchemaStatus": schema.schema_status,
        "CreatedTime": str(schema.created_time),
        "UpdatedTime": str(schema.updated_time),
    }
