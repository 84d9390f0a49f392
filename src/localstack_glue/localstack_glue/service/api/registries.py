"""Schema registries: what moto's own operations leave out. The rest of the registry is moto's."""

from __future__ import annotations

from typing import Any

from ..catalog import errors, registries
from ..catalog.backend import Catalog
from ..errors import InvalidInput
from . import Owner, Request, Response, operation, page, sorted_page


class RegistriesApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreateRegistry")
    def create_registry(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            made = registries.created(self._catalog.of(owner, {}), request)
        return {**registries.shown(made), "Tags": dict(request.get("Tags") or {})}

    @operation("GetRegistry")
    def get_registry(self, owner: Owner, request: Request) -> Response:
        return registries.shown(self._found(owner, request["RegistryId"]))

    @operation("ListRegistries")
    def list_registries(self, owner: Owner, request: Request) -> Response:
        known = [registries.shown(one) for one in self._catalog.of(owner, {}).registries.values()]
        return sorted_page(request, "Registries", known, lambda one: str(one["RegistryName"]))

    @operation("UpdateRegistry")
    def update_registry(self, owner: Owner, request: Request) -> Response:
        found = self._found(owner, request["RegistryId"])
        registries.describe(found, request["Description"])
        return {"RegistryName": found.name, "RegistryArn": found.registry_arn}

    @operation("ListSchemas")
    def list_schemas(self, owner: Owner, request: Request) -> Response:
        """Of one registry, or of all."""
        wanted = request.get("RegistryId")
        chosen = [self._found(owner, wanted)] if wanted else self._catalog.of(owner, {}).registries.values()
        known = [registries.schema_shown(one) for registry in chosen for one in registry.schemas.values()]
        return sorted_page(request, "Schemas", known, lambda one: str(one["SchemaArn"]))

    @operation("ListSchemaVersions")
    def list_schema_versions(self, owner: Owner, request: Request) -> Response:
        known = registries.versions(self._catalog.of(owner, {}), request["SchemaId"])
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
