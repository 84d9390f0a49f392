"""Connections, on moto's FakeConnection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import errors
from .backend import given

Shown = dict[str, Any]
# What a type needs, each as its alternatives: sets of properties, one of which must be there. [M]
_NEEDED: dict[str, list[list[set[str]]]] = {
    "JDBC": [
        [{"JDBC_CONNECTION_URL"}, {"HOST", "PORT", "JDBC_ENGINE"}],
        [{"SECRET_ID"}, {"USERNAME", "PASSWORD"}, {"USERNAME", "ENCRYPTED_PASSWORD"}],
    ],
    "KAFKA": [[{"KAFKA_BOOTSTRAP_SERVERS"}]],
    "MONGODB": [[{"CONNECTION_URL"}], [{"SECRET_ID"}, {"USERNAME", "PASSWORD"}]],
}
_COPIED = (
    "Description", "ConnectionType", "MatchCriteria", "ConnectionProperties", "SparkProperties", "AthenaProperties",
    "PythonProperties", "PhysicalConnectionRequirements",
)  # fmt: skip
_AUTHENTICATION = ("AuthenticationType", "SecretArn", "KmsKeyArn")
_OAUTH2 = ("OAuth2GrantType", "OAuth2ClientApplication", "TokenUrl", "TokenUrlParametersMap")


def check(definition: Mapping[str, Any]) -> None:
    """Raises InvalidInput if properties that the type of a ConnectionInput needs are missing."""
    if definition.get("AuthenticationConfiguration"):
        return  # then the credentials are there
    present = set(definition.get("ConnectionProperties") or {})
    missing = [
        " or ".join("+".join(sorted(properties)) for properties in alternatives)
        for alternatives in _NEEDED.get(definition["ConnectionType"], [])
        if not any(properties <= present for properties in alternatives)
    ]
    if missing:
        raise errors.connection_properties(definition["ConnectionType"], missing)


def created(backend: Any, definition: Shown, tags: Mapping[str, str] | None) -> Any:
    """A FakeConnection of a ConnectionInput, put into its catalog."""
    from moto.glue.models import FakeConnection

    made = FakeConnection(backend, backend.account_id, definition, tags)
    made.updated_time = made.created_time
    backend.connections[made.name] = made
    return made


def replace(connection: Any, definition: Shown) -> None:
    """Another ConnectionInput; when the connection was made, and its tags, stay."""
    from moto.core.utils import utcnow

    connection.connection_input, connection.updated_time = definition, utcnow()
    # Copies that moto itself makes of the input, for its own answers.
    connection.description = definition.get("Description")
    connection.connection_properties = definition.get("ConnectionProperties", {})
    for environment in ("Spark", "Athena", "Python"):
        setattr(connection, f"{environment.lower()}_properties", definition.get(f"{environment}Properties", {}))


def selected(connections: Iterable[Any], wanted: Mapping[str, Any]) -> list[Any]:
    """Those that a GetConnectionsFilter lets through: of the type, with every one of the criteria."""
    kind, version = wanted.get("ConnectionType"), wanted.get("ConnectionSchemaVersion")
    criteria = set(wanted.get("MatchCriteria") or [])
    return [
        connection
        for connection in connections
        if kind in (None, connection.connection_input.get("ConnectionType"))
        and criteria <= set(connection.connection_input.get("MatchCriteria") or [])
        and version in (None, _schema_version(connection.connection_input))
    ]


def shown(connection: Any, hide_password: bool = False, environment: str | None = None) -> Shown:
    """As a Connection: no credentials but those in ConnectionProperties, and none of them with `hide_password`. For a
    compute `environment` (SPARK, ...) its own properties count first."""
    from moto.core.utils import unix_time

    definition = given(connection.connection_input)
    answer = {member: definition[member] for member in _COPIED if member in definition}
    properties = answer.setdefault("ConnectionProperties", {})
    if environment:
        properties.update(definition.get(f"{environment.title()}Properties") or {})
    if hide_password:
        answer["ConnectionProperties"] = {key: properties[key] for key in properties if "PASSWORD" not in key}
    if authentication := definition.get("AuthenticationConfiguration"):
        answer["AuthenticationConfiguration"] = _without_secrets(authentication)
    return {
        "Name": connection.name,
        **answer,
        "CreationTime": unix_time(connection.created_time),
        "LastUpdatedTime": unix_time(connection.updated_time),
        "Status": connection.status,
        "ConnectionSchemaVersion": _schema_version(definition),
    }


def _schema_version(definition: Mapping[str, Any]) -> int:
    return 2 if definition.get("AuthenticationConfiguration") or definition.get("ValidateForComputeEnvironments") else 1


def _without_secrets(authentication: Mapping[str, Any]) -> Shown:
    answer = {member: authentication[member] for member in _AUTHENTICATION if member in authentication}
    if oauth := authentication.get("OAuth2Properties"):
        answer["OAuth2Properties"] = {member: oauth[member] for member in _OAUTH2 if member in oauth}
    return answer
