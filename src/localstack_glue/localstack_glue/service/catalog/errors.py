"""Sentences of the Data Catalog. Sources as in ../errors.py: [R] recordings of AWS, [M] model and guide, [?] our words."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import (
    AlreadyExists,
    ConcurrentModification,
    ConditionCheckFailure,
    EntityNotFound,
    GlueError,
    InvalidInput,
    ResourceNumberLimitExceeded,
)


def detail(problem: GlueError) -> dict[str, str]:
    """An error as an ErrorDetail, for the answers of batch operations."""
    return {"ErrorCode": problem.code, "ErrorMessage": problem.message}


def catalog_not_found(catalog: str) -> GlueError:
    return EntityNotFound(f"Catalog {catalog} not found.")  # [?]


# databases, tables, versions


def database_exists() -> GlueError:
    return AlreadyExists("Database already exists.")  # [R]


def database_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Database {name} not found.")  # [R]


def renaming(kind: str) -> GlueError:
    return InvalidInput(f"A {kind} cannot be renamed: the name in its definition is another one.")  # [?]


def table_exists() -> GlueError:
    return AlreadyExists("Table already exists.")  # [R]


def table_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Table {name} not found.")  # [R]


def table_not_found_in_batch(name: str) -> GlueError:
    return EntityNotFound(f"Table {name} not found")  # [R]: BatchDeleteTable's has no full stop


def table_changed() -> GlueError:
    return ConcurrentModification("Update table failed due to concurrent modifications.")  # [R]


def version_not_found() -> GlueError:
    return EntityNotFound("Version not found.")  # [?]


def not_a_version(version: str) -> GlueError:
    return InvalidInput(f"VersionId {version} is not a number.")  # [?]


def current_version() -> GlueError:
    return InvalidInput("The current version of a table cannot be deleted; delete the table.")  # [?]


def name_pattern(pattern: str) -> GlueError:
    return InvalidInput(f"Invalid pattern: {pattern}")  # [?]


# partitions, their indexes, statistics


def partition_exists() -> GlueError:
    return AlreadyExists("Partition already exists.")  # [R]


def partition_not_found() -> GlueError:
    return EntityNotFound("Cannot find partition.")  # [R]


def partition_of_values_not_found(values: Iterable[str]) -> GlueError:
    return EntityNotFound(f"Partition [{', '.join(values)}] not found")  # [R]: column statistics, batch update


def partition_values() -> GlueError:
    return InvalidInput("The number of partition keys do not match the number of partition values")  # [R]


def segment() -> GlueError:
    return InvalidInput("SegmentNumber must be less than TotalSegments.")  # [?]


def index_keys(keys: Iterable[str]) -> GlueError:
    return InvalidInput(f"IndexKeys not a part of PartitionColumns. Verify the indexKeys : [{', '.join(keys)}]")  # [R]


def index_exists(name: str, same: str) -> GlueError:
    return AlreadyExists(f"Partition Index {name} already exists with the same {same}.")  # [R]


def index_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Index with the given indexName : {name} does not exist.")  # [R]


def too_many_indexes(most: int) -> GlueError:
    return ResourceNumberLimitExceeded(f"Partition index limit exceeded. Maximum: {most}")  # [R]


def index_in_progress(name: str, state: str) -> GlueError:
    return ResourceNumberLimitExceeded(
        f"Index {name} is in {state} state. Only 1 index can be created or deleted simultaneously per table."
    )  # [R]


def no_statistics() -> GlueError:
    return EntityNotFound("Statistics do not exist for this column")  # [R]


def column_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Column {name} not found.")  # [?]


def statistics_data(kind: str) -> GlueError:
    return InvalidInput(f"StatisticsData of Type {kind} must have exactly its own kind of data.")  # [?]


# connections, functions, classifiers


def connection_exists() -> GlueError:
    return AlreadyExists("Connection already exists.")  # [?]


def connection_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Connection {name} not found.")  # [?]


def connection_properties(kind: str, missing: Iterable[str]) -> GlueError:
    return InvalidInput(
        f"Validation for connection properties failed: a {kind} connection needs {' and '.join(missing)}."
    )  # [M] what is needed, [?] the words


def function_exists(name: str) -> GlueError:
    return AlreadyExists(f"Function {name} already exists.")  # [?]


def function_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Function {name} not found.")  # [?]


def function_name() -> GlueError:
    return InvalidInput("FunctionName must be given.")  # [?]


def classifier_exists(name: str) -> GlueError:
    return AlreadyExists(f"Classifier {name} already exists.")  # [?]


def classifier_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Classifier {name} not found.")  # [?]


def one_classifier() -> GlueError:
    return InvalidInput(
        "Exactly one of GrokClassifier, XMLClassifier, JsonClassifier and CsvClassifier must be given."
    )  # [M]


def classifier_rule(why: str) -> GlueError:
    return InvalidInput(why)  # [M] the rule, [?] the words


# registries, policies, security configurations


def registry_exists(name: str) -> GlueError:
    return AlreadyExists(f"Registry already exists. RegistryName: {name}")  # as moto's say


def registry_not_found(name: str) -> GlueError:
    return EntityNotFound(f"Registry is not found. RegistryName: {name}")  # as moto's other operations say


def policy_not_found() -> GlueError:
    return EntityNotFound("Policy not found")  # [?]


def policy_condition(why: str) -> GlueError:
    return ConditionCheckFailure(why)  # [?]


def policy_not_json() -> GlueError:
    return InvalidInput("The policy is not a JSON object.")  # [?]


def security_configuration_exists(name: str) -> GlueError:
    return AlreadyExists(f"SecurityConfiguration {name} already exists.")  # [?]


def security_configuration_not_found(name: str) -> GlueError:
    return EntityNotFound(f"SecurityConfiguration {name} not found.")  # [?]
