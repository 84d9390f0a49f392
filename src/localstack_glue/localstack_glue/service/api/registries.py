"""Schema registries: what moto's own operations leave out. The rest of the registry is moto's."""

from __future__ import annotations

from typing import Any

from ..catalog import errors
from ..catalog.backend import Catalog, motos_errors
from ..errors import InvalidInput
from . import Owner, Request, Response, operation, page, sorted_page


class RegistriesApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreateRegistry")
    def create_registry(self, owner: Owner, request: Request) -> Response:
        """moto's, but the name that moto treats as its own: the registry of schemas that name none, made by the first."""
        from moto.glue.glue_schema_registry_constants import DEFAULT_REGISTRY_NAME

        with self._catalog.lock:
            backend, name = self._catalog.of(owner, {}), request["RegistryName"]
            if name == DEFAULT_REGISTRY_NAME and name in backend.registries:
                raise errors.registry_exists(name)
            with motos_errors():
                backend.create_registry(name, request.get("Description"), request.get("Tags"))
            answer = _registry(backend.registries[name])
        answer["Tags"] = dict(request.get("Tags") or {})
        return answer

    @operation("GetRegistry")
    def get_registry(self, owner: Owner, request: Request) -> Response:
        return _registry(self._found(owner, request["RegistryId"]))

    @operation("ListRegistries")
    def list_registries(self, owner: Owner, request: Request) -> Response:
        known = [_registry(one) for one in self._catalog.of(owner, {}).registries.values()]
        return sorted_page(request, "Registries", known, lambda one: str(one["RegistryName"]))

    @operation("UpdateRegistry")
    def update_registry(self, owner: Owner, request: Request) -> Response:
        from moto.core.utils import utcnow

        found = self._found(owner, request["RegistryId"])
        found.description, found.updated_time = request["Description"], utcnow()
        return {"RegistryName": found.name, "RegistryArn": found.registry_arn}

    @operation("ListSchemas")
    def list_schemas(self, owner: Owner, request: Request) -> Response:
        """Of one registry, or of all."""
        wanted = request.get("RegistryId")
        registries = [self._found(owner, wanted)] if wanted else self._catalog.of(owner, {}).registries.values()
        known = [_schema(one) for registry in registries for one in registry.schemas.values()]
        return sorted_page(request, "Schemas", known, lambda one: str(one["SchemaArn"]))

    @operation("ListSchemaVersions")
    def list_schema_versions(self, owner: Owner, request: Request) -> Response:
        from moto.glue.glue_schema_registry_utils import validate_schema_id

        registries = self._catalog.of(owner, {}).registries
        with motos_errors():
            registry, name, _ = validate_schema_id(request["SchemaId"], registries)
        versions = registries[registry].schemas[name].schema_versions.values()
        known = [
            {**one.as_dict(), "SchemaArn": one.schema_arn, "CreatedTime": str(one.created_time)}
            for one in sorted(versions, key=lambda one: int(one.version_number))
        ]
        return page(request, "Schemas", known, lambda one: str(one["SchemaVersionId"]))

    @operation("PutSchemaVersionMetadata")
    def put_schema_version_metadata(self, owner: Owner, request: Request) -> Response:
        """moto's, which needs both of a pair."""
        pair = request["MetadataKeyValue"]
        if not (pair.get("MetadataKey") and pair.get("MetadataValue")):
            raise InvalidInput("MetadataKey and MetadataValue must be given.")
        raise NotImplementedError

    def _found(self, owner: Owner, wanted: Request) -> Any:
        name = wanted.get("RegistryName") or (wanted.get("RegistryArn") or "").rpartition("/")[2]
        found = self._catalog.of(owner, {}).registries.get(name)
        if found is None:
            raise errors.registry_not_found(name)
        return found


def _registry(registry: Any) -> Response:
    return {
        "RegistryName": registry.name,
        "RegistryArn": registry.registry_arn,
        "Description": registry.description or "",
        "Status": registry.status,
        "CreatedTime": str(registry.created_time),
        "UpdatedTime": str(registry.updated_time),
    }


def _schema(schema: Any) -> Response:
    return {
        "RegistryName": schema.registry_name,
        "SchemaName": schema.schema_name,
        "SchemaArn": schema.schema_arn,
        "Description": schema.description or "",
        "SchemaStatus": schema.schema_status,
        "CreatedTime": str(schema.created_time),
        "UpdatedTime": str(schema.updated_time),
    }
