"""getSink: files, and the table in the Data Catalog that they belong to.

Source: "Creating tables, updating the schema, and adding new partitions in the Data Catalog from AWS Glue ETL jobs".
"""

from pyspark.sql import types as T

from awsglue import catalog, writers
from awsglue.readers import format_named
from awsglue.sources import Partition

UPDATE, LOG = "UPDATE_IN_DATABASE", "LOG"


class Sink:
    """`setFormat`, perhaps `setCatalogInfo`, then `writeFrame`."""

    def __init__(self, glue_context, connection_type, transformation_ctx="", **options):
        if connection_type != "s3":
            raise ValueError(f"getSink: the connection type is s3 here, not {connection_type!r}")
        self._glue_context, self._options = glue_context, options
        self._format, self._format_options = None, {}
        self._table = None

    def setFormat(self, format, **options):
        format_named(format)
        self._format, self._format_options = format, options

    def setCatalogInfo(self, catalogDatabase, catalogTableName, catalogId=None):
        self._table = (catalogDatabase, catalogTableName, catalogId)

    def setAccumulableSize(self, size):
        """Nothing here measures by it."""

    def write(self, frame_or_collection, info=""):
        frames = frame_or_collection.values() if hasattr(frame_or_collection, "values") else [frame_or_collection]
        for frame in frames:
            self.writeFrame(frame, info)
        return frame_or_collection

    def writeFrame(self, dynamic_frame, info=""):
        path = self._options.get("path")
        if not path:
            raise ValueError("getSink: no path")
        if not self._format:
            raise ValueError("getSink: no format; call setFormat before writeFrame")
        keys = listed(self._options.get("partitionKeys"))
        written = writers.write(
            dynamic_frame.marked, path, self._format, self._format_options, keys, self._options.get("compression")
        )
        if self._table and str(self._options.get("enableUpdateCatalog", False)).lower() == "true":
            database, name, catalog_id = self._table
            update(
                self._glue_context.catalog(catalog_id),
                (database, name),
                dynamic_frame.marked,
                path,
                (self._format, self._format_options),
                keys,
                written,
                self._options.get("updateBehavior", UPDATE),
            )
        return dynamic_frame


def update(known, table_key, frame, path, file_format, keys, written, behavior):
    """The table: created, its columns brought up to date, the new partitions added."""
    if behavior not in (UPDATE, LOG):
        raise ValueError(f"updateBehavior is {UPDATE} or {LOG}, not {behavior!r}")
    database, name = table_key
    columns = hive_columns(frame, keys)
    table = known.find(database, name)
    if table is None:
        known.put(database, _new_table(name, file_format, path, columns, _keys(frame, keys)))
    elif behavior == UPDATE:
        known.put(database, catalog.updated(table.definition, _merged(table.columns, columns)))
    if keys:
        partitions = [Partition(values, _folder(path, keys, values, written)) for values in written.partitions]
        known.put_partitions(known.table(database, name), partitions)


def _new_table(name, file_format, path, columns, keys):
    kind, options = file_format
    kind, serde, parameters = format_named(kind), {}, {}
    if kind == "csv":
        serde = {"field.delim": options.get("separator", ",")}
        if str(options.get("writeHeader", True)).lower() == "true":
            parameters["skip.header.line.count"] = "1"
    return catalog.table_input(name, kind, path.rstrip("/") + "/", columns, keys, serde, parameters)


def _merged(old, new):
    """The columns of before, with the types of now, and then those that are new."""
    found = dict(old)
    found.update(dict(new))
    return list(found.items())


def hive_columns(frame, keys):
    return [
        (field.name.lower(), hive_type(field.dataType))
        for field in frame.schema.fields
        if field.name not in keys and not isinstance(field.dataType, T.NullType)
    ]


def _keys(frame, keys):
    return [(key.lower(), hive_type(frame.schema[key].dataType)) for key in keys]


def hive_type(data_type):
    """As the Data Catalog writes it."""
    return data_type.simpleString().replace("choice:", "")


def _folder(path, keys, values, written):
    """The folder of a partition, by one of its files."""
    for file in written.files:
        steps = file[len(path.rstrip("/")) + 1 :].split("/")[: len(keys)]
        if [writers.partition_value(step) for step in steps] == list(values):
            return "/".join([path.rstrip("/"), *steps]) + "/"
    raise LookupError(f"No file was written for the partition {values}")


def listed(value):
    return [] if not value else [value] if isinstance(value, str) else list(value)
