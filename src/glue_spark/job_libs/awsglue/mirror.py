"""The Data Catalog in Spark's catalog in memory, and back. Called by awsglue_hooks around statements."""

import json
import re

from pyspark.sql import types as T

from awsglue import catalog, fields, readers, sinks
from awsglue.sources import Partition

_WORD = re.compile(r"[A-Za-z0-9_]+")
_BATCH = 200  # partitions in one ALTER TABLE


class Mirror:
    """Of one Spark application; sessions share its catalog."""

    _only = None

    @classmethod
    def of(cls, session):
        context = session.sparkContext
        if cls._only is None or cls._only._session.sparkContext is not context:
            cls._only = cls(session)
        cls._only._session = session
        return cls._only

    def __init__(self, session):
        self._session, self._glue = session, catalog.Catalog()
        self._seen = {}  # (database, table): what was mirrored
        self._unreadable = {}  # (database, table): why
        self._databases = set()

    # from the Data Catalog

    def pull(self, text, everything=False):
        """Databases, and the tables whose names are among the words of `text`."""
        words = {word.lower() for word in _WORD.findall(text)}
        current = self._current()
        for database in self._pull_databases():
            if not everything and database not in words | {current}:
                continue
            tables = {table.key[1].lower(): table for table in self._glue.tables(database)}
            for name, table in tables.items():
                if everything or name in words:
                    self._pull_table((database, name), table)
            for key in [key for key in self._seen if key[0] == database and key[1] not in tables]:
                self._session.sql(f"DROP TABLE IF EXISTS {_name(key)}")
                del self._seen[key]

    def unreadable(self, text):
        """Why tables whose names are in the text are not known to Spark."""
        words = {word.lower() for word in _WORD.findall(text)}
        return [f"{_name(key)}: {reason}" for key, reason in self._unreadable.items() if key[1] in words]

    def _current(self):
        return self._session._jsparkSession.catalog().currentDatabase().lower()

    def _pull_databases(self):
        found = {one["Name"].lower(): one for one in self._glue.databases()}
        for name, one in found.items():
            location = f" LOCATION {fields.literal(one['LocationUri'])}" if one.get("LocationUri") else ""
            self._session.sql(f"CREATE DATABASE IF NOT EXISTS {fields.quoted(name)}{location}")
        self._databases |= set(found)
        return list(found)

    def _pull_table(self, key, table):
        try:
            statements = _statements(table)
            if self._seen.get(key) == statements:
                return
            self._session.sql(f"DROP TABLE IF EXISTS {_name(key)}")
            for statement in statements:
                self._session.sql(statement)
        except Exception as problem:  # it may be none that the statement means
            self._unreadable[key] = str(problem)
            return
        self._unreadable.pop(key, None)
        self._seen[key] = statements

    # to the Data Catalog

    def push(self, words):
        """What Spark has under these names goes to the Data Catalog; what it had and has no more goes there as well."""
        known = self._session._jsparkSession.sessionState().catalog()
        databases = [known.listDatabases().apply(n) for n in range(known.listDatabases().size())]
        self._push_databases(databases, words)
        for database in databases:
            if database not in words | {self._current()}:
                continue
            names = _tables(known, database)
            for name in names & words:
                self._push_table(database, name)
            for key in [key for key in self._seen if key[0] == database and key[1] in words - names]:
                if self._glue.find(*key):
                    self._glue.client.delete_table(DatabaseName=key[0], Name=key[1])
                del self._seen[key]

    def _push_databases(self, databases, words):
        for name in set(databases) - self._databases:
            if name in words and name != "default":
                self._glue.client.create_database(DatabaseInput={"Name": name})
                self._databases.add(name)
        for name in (self._databases - set(databases)) & words:
            self._glue.client.delete_database(Name=name)
            self._databases.discard(name)

    def _push_table(self, database, name):
        state = self._session._jsparkSession.sessionState().catalog()
        ident = self._identifier(database, name)
        table = state.getTableMetadata(ident)
        if table.tableType().name() == "VIEW":
            return
        definition, keys = _definition(database, name, table)
        before = self._glue.find(database, name)
        if before is None:
            if database == "default" and "default" not in self._databases:
                self._glue.client.create_database(DatabaseInput={"Name": "default"})
                self._databases.add("default")
            self._glue.put(database, definition)
        elif _columns_of(before) != [(one["Name"], one["Type"]) for one in definition["StorageDescriptor"]["Columns"]]:
            columns = [(one["Name"], one["Type"]) for one in definition["StorageDescriptor"]["Columns"]]
            self._glue.put(database, catalog.updated(before.definition, columns))
        after = self._glue.table(database, name)
        if keys:
            self._push_partitions(state, ident, after, keys)
        self._seen[(database, name)] = _statements(after)

    def _push_partitions(self, state, ident, table, keys):
        nothing = self._session._jvm.scala.Option.apply(None)
        found, have = state.listPartitions(ident, nothing), {tuple(one.values): one for one in table.partitions()}
        now = []
        for n in range(found.size()):
            one = found.apply(n)
            now.append(Partition([one.spec().apply(key) for key in keys], one.location().toString()))
        self._glue.put_partitions(table, now)
        for values in set(have) - {tuple(one.values) for one in now}:
            self._glue.client.delete_partition(
                DatabaseName=table.key[0], TableName=table.key[1], PartitionValues=list(values)
            )

    def _identifier(self, database, name):
        jvm = self._session._jvm
        return jvm.org.apache.spark.sql.catalyst.TableIdentifier(name, jvm.scala.Option.apply(database))


def _name(key):
    return ".".join(fields.quoted(part) for part in key)


def _tables(known, database):
    """Names, without temporary views."""
    found = known.listTables(database)
    names = [found.apply(n) for n in range(found.size())]
    return {one.table().lower() for one in names if one.database().isDefined()}


def _columns_of(table):
    return [(name.lower(), kind) for name, kind in table.columns]


def _statements(table):
    """SQL that makes a table of the Data Catalog known to Spark. Raises ValueError or NotHere."""
    database, name = (part.lower() for part in table.key)
    if not table.location:
        raise ValueError("it has no location")
    kind = readers.format_named(table.file_format)
    columns = ", ".join(
        f"{fields.quoted(column)} {data_type}" for column, data_type in table.columns + table.partition_keys
    )
    keys = ", ".join(fields.quoted(key) for key, _ in table.partition_keys)
    statement = f"CREATE TABLE {_name((database, name))} ({columns}) USING {kind}"
    options = ", ".join(f"{key} {fields.literal(value)}" for key, value in _options(table, kind).items())
    statement += f" OPTIONS ({options})" if options else ""
    statement += f" PARTITIONED BY ({keys})" if keys else ""
    statements = [f"{statement} LOCATION {fields.literal(table.location)}"]
    partitions = table.partitions() if keys else []
    for start in range(0, len(partitions), _BATCH):
        specs = " ".join(_partition(table.partition_keys, one) for one in partitions[start : start + _BATCH])
        statements.append(f"ALTER TABLE {_name((database, name))} ADD IF NOT EXISTS {specs}")
    return statements


def _partition(keys, partition):
    spec = ", ".join(f"{fields.quoted(key)}={fields.literal(value)}" for (key, _), value in zip(keys, partition.values))
    return f"PARTITION ({spec}) LOCATION {fields.literal(partition.location)}"


def _options(table, kind):
    if kind != "csv":
        return {}
    given = table.format_options
    found = {"sep": given["separator"], "header": str(given["withHeader"]).lower()}
    if "quoteChar" in given:
        found["quote"] = given["quoteChar"]
    return {**found, "escape": given.get("escaper", found.get("quote", '"'))}


def _definition(database, name, table):
    """(TableInput, partition keys) of what Spark knows of a table."""
    provider = table.provider().get().lower() if table.provider().isDefined() else "parquet"
    if provider not in catalog.STORAGE:
        raise readers.missing.NotHere(
            f"{database}.{name} in the Data Catalog, a table of {provider!r}",
            f"{', '.join(catalog.STORAGE)} can be there",
        )
    schema = T.StructType.fromJson(json.loads(table.schema().json()))
    names = table.partitionColumnNames()
    keys = [names.apply(n) for n in range(names.size())]
    types = {field.name: sinks.hive_type(field.dataType) for field in schema.fields}
    columns = [(column.lower(), kind) for column, kind in types.items() if column not in keys]
    options = {
        key: value for key, value in _properties(table).items() if key in ("sep", "header", "quote", "delimiter")
    }
    serde, parameters = {}, {}
    if provider == "csv":
        serde = {"field.delim": options.get("sep") or options.get("delimiter") or ","}
        if options.get("header", "false").lower() == "true":
            parameters["skip.header.line.count"] = "1"
    location = table.location().toString()
    pairs = [(key, types[key]) for key in keys]
    return catalog.table_input(name, provider, location, columns, pairs, serde, parameters), keys


def _properties(table):
    found, pairs = {}, table.storage().properties().iterator()
    while pairs.hasNext():
        pair = pairs.next()
        found[pair._1()] = pair._2()
    return found
