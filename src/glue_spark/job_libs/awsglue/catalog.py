"""The Data Catalog, through boto3: tables and partitions for readers, and what sinks and Spark's SQL write back."""

import json
import os
import re
from typing import NamedTuple, Tuple
from urllib.parse import urlparse

import boto3
from botocore.exceptions import ClientError

from awsglue.sources import Partition

_BATCH = 100  # partitions in a BatchCreatePartition
_HADOOP = "org.apache.hadoop.hive."
# Format: (input format, output format, SerDe library), as Glue's crawlers and sinks register them.
STORAGE = {
    "parquet": (
        _HADOOP + "ql.io.parquet.MapredParquetInputFormat",
        _HADOOP + "ql.io.parquet.MapredParquetOutputFormat",
        _HADOOP + "ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (
        _HADOOP + "ql.io.orc.OrcInputFormat",
        _HADOOP + "ql.io.orc.OrcOutputFormat",
        _HADOOP + "ql.io.orc.OrcSerde",
    ),
    "json": (
        "org.apache.hadoop.mapred.TextInputFormat",
        _HADOOP + "ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        _HADOOP + "ql.io.HiveIgnoreKeyTextOutputFormat",
        _HADOOP + "serde2.lazy.LazySimpleSerDe",
    ),
}
_SERDES = (
    ("parquet", "parquet"),
    ("orc", "orc"),
    ("json", "json"),
    ("csv", "csv"),
    ("lazysimple", "csv"),
    ("avro", "avro"),
)


class Table(NamedTuple):
    """What GetTable told of a table."""

    catalog: "Catalog"
    definition: dict

    @property
    def key(self) -> Tuple[str, str]:
        return self.definition["DatabaseName"], self.definition["Name"]

    @property
    def storage(self):
        return self.definition.get("StorageDescriptor", {})

    @property
    def location(self):
        return self.storage.get("Location", "")

    @property
    def columns(self):
        """(name, type as text), without the partition keys."""
        return [(one["Name"], one.get("Type", "string")) for one in self.storage.get("Columns", [])]

    @property
    def partition_keys(self):
        return [(one["Name"], one.get("Type", "string")) for one in self.definition.get("PartitionKeys", [])]

    @property
    def serde(self):
        return {**self.storage.get("Parameters", {}), **self.storage.get("SerdeInfo", {}).get("Parameters", {})}

    @property
    def file_format(self):
        """By its classification, or else its SerDe. Raises ValueError."""
        parameters = {**self.storage.get("Parameters", {}), **self.definition.get("Parameters", {})}
        given = parameters.get("classification", "")
        if given and given.lower() != "unknown":
            return given
        library = self.storage.get("SerdeInfo", {}).get("SerializationLibrary", "").lower()
        for part, name in _SERDES:
            if part in library:
                return name
        raise ValueError(f"The table {'.'.join(self.key)} has no classification and no SerDe that tells its format")

    @property
    def format_options(self):
        """What the SerDe's parameters say to a reader of CSV."""
        if self.file_format.lower() != "csv":
            return {}
        serde, parameters = self.serde, self.definition.get("Parameters", {})
        options = {
            "separator": serde.get("separatorChar") or serde.get("field.delim") or parameters.get("delimiter") or ","
        }
        if "quoteChar" in serde:
            options["quoteChar"] = serde["quoteChar"]
        if "escapeChar" in serde:
            options["escaper"] = serde["escapeChar"]
        skip = serde.get("skip.header.line.count") or parameters.get("skip.header.line.count") or "0"
        options["withHeader"] = skip != "0"
        return options

    def partitions(self, options=None):
        """[Partition]; `catalogPartitionPredicate` is evaluated by the Data Catalog."""
        database, name = self.key
        wanted = {"DatabaseName": database, "TableName": name}
        if (options or {}).get("catalogPartitionPredicate"):
            wanted["Expression"] = options["catalogPartitionPredicate"]
        pages = self.catalog.client.get_paginator("get_partitions").paginate(**wanted)
        return [
            Partition(one["Values"], one["StorageDescriptor"]["Location"])
            for page in pages
            for one in page["Partitions"]
        ]


def _client(service):
    # The endpoint by name, as an older boto3 does not read the variable.
    return boto3.client(service, endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None)


class Catalog:
    def __init__(self, catalog_id=None):
        self.client = _client("glue")
        self._more = {"CatalogId": catalog_id} if catalog_id else {}

    def databases(self):
        pages = self.client.get_paginator("get_databases").paginate(**self._more)
        return [one for page in pages for one in page["DatabaseList"]]

    def tables(self, database):
        pages = self.client.get_paginator("get_tables").paginate(DatabaseName=database, **self._more)
        return [Table(self, one) for page in pages for one in page["TableList"]]

    def table(self, database, name):
        return Table(self, self.client.get_table(DatabaseName=database, Name=name, **self._more)["Table"])

    def find(self, database, name):
        """The table, or None."""
        try:
            return self.table(database, name)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return None

    def put(self, database, definition):
        """The table created, or replaced."""
        known = self.find(database, definition["Name"])
        call = self.client.update_table if known else self.client.create_table
        call(DatabaseName=database, TableInput=definition, **self._more)

    def put_partitions(self, table, partitions):
        """Those that are not there yet are created."""
        known = {tuple(one.values) for one in table.partitions()}
        new = [
            {"Values": list(one.values), "StorageDescriptor": {**table.storage, "Location": one.location}}
            for one in partitions
            if tuple(one.values) not in known
        ]
        database, name = table.key
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            answer = self.client.batch_create_partition(
                DatabaseName=database, TableName=name, PartitionInputList=batch, **self._more
            )
            if answer.get("Errors"):
                raise RuntimeError(f"Partitions of {database}.{name} could not be created: {answer['Errors']}")

    def connection(self, name):
        """Properties of a connection."""
        found = self.client.get_connection(Name=name, **self._more)["Connection"]
        return found["ConnectionType"], found.get("ConnectionProperties", {})


def table_input(name, file_format, location, columns, partition_keys=(), serde=None, parameters=None):
    """A definition for CreateTable; columns and keys as (name, type)."""
    inputs, outputs, library = STORAGE[file_format]
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in partition_keys],
        "Parameters": {"classification": file_format, "EXTERNAL": "TRUE", **(parameters or {})},
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": location,
            "InputFormat": inputs,
            "OutputFormat": outputs,
            "SerdeInfo": {
                "SerializationLibrary": library,
                "Parameters": {"serialization.format": "1", **(serde or {})},
            },
        },
    }


def updated(definition, columns):
    """A TableInput of what GetTable told, with columns."""
    kept = (
        "Name",
        "Description",
        "Owner",
        "Retention",
        "PartitionKeys",
        "TableType",
        "Parameters",
        "StorageDescriptor",
    )
    found = {key: definition[key] for key in kept if key in definition}
    found["StorageDescriptor"] = {
        **found["StorageDescriptor"],
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
    }
    return found


def jdbc_conf(catalog, name):
    """What extract_jdbc_conf answers of a connection."""
    kind, properties = catalog.connection(name)
    url = properties.get("JDBC_CONNECTION_URL", "")
    if kind != "JDBC" or not url:
        raise ValueError(
            f"The connection {name!r} is of type {kind}, and no JDBC connection with a JDBC_CONNECTION_URL"
        )
    address = urlparse(url[len("jdbc:") :])
    if properties.get("SECRET_ID"):
        secret = _client("secretsmanager").get_secret_value(SecretId=properties["SECRET_ID"])["SecretString"]
        login = json.loads(secret)
        properties = {**properties, "USERNAME": login.get("username", ""), "PASSWORD": login.get("password", "")}
    return {
        "url": re.sub(r"(//[^/]+)/.*$", r"\1", url),
        "fullUrl": url,
        "vendor": address.scheme.split(":")[0],
        "user": properties.get("USERNAME", ""),
        "password": properties.get("PASSWORD", ""),
        "enforceSSL": properties.get("JDBC_ENFORCE_SSL", "false"),
        "customJDBCCert": properties.get("CUSTOM_JDBC_CERT", ""),
        "customJDBCCertString": properties.get("CUSTOM_JDBC_CERT_STRING", ""),
        "skipCustomJDBCCertValidation": properties.get("SKIP_CUSTOM_JDBC_CERT_VALIDATION", "false"),
    }
