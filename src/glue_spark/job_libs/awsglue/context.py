"""GlueContext: where scripts begin. Source: Glue developer guide, "GlueContext class"."""

import time

from pyspark.sql import SparkSession, SQLContext

from awsglue import catalog, dynamicframe, frames, jdbc, missing, readers, records, sinks, sources, writers
from awsglue.files import Files
from awsglue.job import Job

FILES = ("s3", "file")


class GlueContext:
    """Around the SparkContext of the script."""

    def __init__(self, sparkContext, **options):
        self._context = getattr(sparkContext, "sparkContext", sparkContext)
        self.spark_session = SparkSession.builder.getOrCreate()
        self.create_dynamic_frame = frames.DynamicFrameReader(self)
        self.create_data_frame = frames.DataFrameReader(self)
        self.write_dynamic_frame = frames.DynamicFrameWriter(self)
        self.write_data_frame = frames.DataFrameWriter(self)
        self._files = Files(self.spark_session)

    def __getattr__(self, name):
        """What AWS's inherits from SQLContext: sql, read, createDataFrame ... Or, by name, what is not here."""
        if "GlueContext." + name in missing.METHODS:
            raise missing.method("GlueContext." + name)
        if name.startswith("__") or "spark_session" not in self.__dict__ or not hasattr(SQLContext, name):
            raise AttributeError(f"GlueContext has no {name}")
        return getattr(self.spark_session, name)

    @property
    def sparkSession(self):
        return self.spark_session

    @property
    def sparkContext(self):
        return self._context

    def getSparkSession(self):
        return self.spark_session

    def catalog(self, catalog_id=None):
        return catalog.Catalog(catalog_id)

    def get_logger(self):
        """Spark's log, as Python's logging has it: info, warn, error, debug."""
        return Logger(self._context)

    # frames

    def create_dynamic_frame_from_rdd(self, data, name, schema=None, sample_ratio=None, transformation_ctx=""):
        if schema is not None:
            frame = self.spark_session.createDataFrame(data, schema, sample_ratio)
        else:
            frame = records.frame_of(self.spark_session, data.map(_as_dict))
        return dynamicframe.DynamicFrame.fromDF(frame, self, name)

    def create_dynamic_frame_from_options(
        self, connection_type, connection_options=None, format=None, format_options=None, transformation_ctx=""
    ):
        options = dict(connection_options or {})
        if connection_type in FILES:
            source = sources.of_paths(self._files, Job.bookmark(), transformation_ctx, options)
            return self._frame(readers.read(self.spark_session, source, format, format_options), transformation_ctx)
        if connection_type in ("parquet", "orc"):  # an older spelling
            return self.create_dynamic_frame_from_options(
                "s3", options, connection_type, format_options, transformation_ctx
            )
        if connection_type in jdbc.KINDS:
            return self._of_database(options, transformation_ctx)
        raise _no_connection(connection_type)

    def create_dynamic_frame_from_catalog(
        self,
        database=None,
        table_name=None,
        redshift_tmp_dir="",
        transformation_ctx="",
        push_down_predicate="",
        additional_options=None,
        catalog_id=None,
        name_space=None,
    ):
        """`name_space` is an older name of `database`."""
        database = database or name_space
        if not database or not table_name:
            raise ValueError("from_catalog needs database and table_name")
        options = dict(additional_options or {})
        table = self.catalog(catalog_id).table(database, table_name)
        if _is_of_database(table):
            if push_down_predicate:
                raise missing.NotHere(
                    "push_down_predicate for a table of a database", "it is for partitions; use filter"
                )
            return self._of_database(jdbc.of_table(table, options), transformation_ctx)
        source = sources.of_table(
            self.spark_session, self._files, Job.bookmark(), transformation_ctx, table, push_down_predicate, options
        )
        found = readers.read(self.spark_session, source, table.file_format, table.format_options, table.columns)
        return self._frame(found, transformation_ctx or table_name)

    def _frame(self, found, name):
        errors = [found.errors] if found.errors is not None else []
        return dynamicframe.DynamicFrame(found.frame, self, name, errors)

    def create_data_frame_from_options(
        self, connection_type, connection_options=None, format=None, format_options=None, transformation_ctx="", **more
    ):
        return self.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, **more
        ).toDF()

    def create_data_frame_from_catalog(
        self, database, table_name, transformation_ctx="", additional_options=None, **more
    ):
        return self.create_dynamic_frame_from_catalog(
            database, table_name, transformation_ctx=transformation_ctx, additional_options=additional_options, **more
        ).toDF()

    def getSource(self, connection_type, transformation_ctx="", **options):
        """An object with setFormat and getFrame."""
        return _Source(self, connection_type, transformation_ctx, options)

    # writing

    def write_dynamic_frame_from_options(
        self, frame, connection_type, connection_options=None, format=None, format_options=None, transformation_ctx=""
    ):
        options = dict(connection_options or {})
        if isinstance(frame, dynamicframe.DynamicFrameCollection):
            for name, one in frame.items():
                path = {"path": options["path"].rstrip("/") + "/" + name} if "path" in options else {}
                self.write_dynamic_frame_from_options(one, connection_type, {**options, **path}, format, format_options)
            return frame
        if connection_type in FILES:
            if "path" not in options:
                raise ValueError("connection_options has no path")
            keys = sinks.listed(options.get("partitionKeys"))
            writers.write(frame.marked, options["path"], format, format_options, keys, options.get("compression"))
        elif connection_type in jdbc.KINDS:
            jdbc.write(frame.toDF(), self._with_connection(options))
        else:
            raise _no_connection(connection_type)
        return frame

    def write_from_options(self, frame_or_dfc, *arguments, **options):
        return self.write_dynamic_frame_from_options(frame_or_dfc, *arguments, **options)

    def write_dynamic_frame_from_catalog(
        self,
        frame,
        database,
        table_name,
        redshift_tmp_dir="",
        transformation_ctx="",
        additional_options=None,
        catalog_id=None,
    ):
        options, known = dict(additional_options or {}), self.catalog(catalog_id)
        table = known.table(database, table_name)
        if _is_of_database(table):
            jdbc.write(frame.toDF(), self._with_connection(jdbc.of_table(table, options)))
            return frame
        keys = sinks.listed(options.get("partitionKeys"))
        given = {key: value for key, value in table.format_options.items() if key in writers.OPTIONS["csv"]}
        file_format = readers.format_named(table.file_format)
        written = writers.write(frame.marked, table.location, file_format, given, keys, options.get("compression"))
        if str(options.get("enableUpdateCatalog", False)).lower() == "true":
            behavior = options.get("updateBehavior", sinks.UPDATE)
            sinks.update(
                known,
                (database, table_name),
                frame.marked,
                table.location,
                (file_format, given),
                keys,
                written,
                behavior,
            )
        return frame

    def write_dynamic_frame_from_jdbc_conf(
        self,
        frame,
        catalog_connection,
        connection_options=None,
        redshift_tmp_dir="",
        transformation_ctx="",
        catalog_id=None,
    ):
        conf = self.extract_jdbc_conf(catalog_connection, catalog_id)
        options = jdbc.with_connection(dict(connection_options or {}), conf)
        if isinstance(frame, dynamicframe.DynamicFrameCollection):
            raise missing.NotHere("A collection of frames for one table", "write each of its frames")
        jdbc.write(frame.toDF(), options)
        return frame

    def write_from_jdbc_conf(self, frame_or_dfc, *arguments, **options):
        return self.write_dynamic_frame_from_jdbc_conf(frame_or_dfc, *arguments, **options)

    def write_data_frame_from_options(
        self,
        frame,
        connection_type,
        connection_options=None,
        format=None,
        format_options=None,
        transformation_ctx="",
        **_,
    ):
        self.write_dynamic_frame_from_options(
            dynamicframe.DynamicFrame.fromDF(frame, self, transformation_ctx),
            connection_type,
            connection_options,
            format,
            format_options,
        )

    def write_data_frame_from_catalog(self, frame, database, table_name, additional_options=None, **more):
        self.write_dynamic_frame_from_catalog(
            dynamicframe.DynamicFrame.fromDF(frame, self, table_name),
            database,
            table_name,
            additional_options=additional_options,
            **more,
        )

    def getSink(self, connection_type="s3", format=None, transformation_ctx="", **options):
        sink = sinks.Sink(self, connection_type, transformation_ctx, **options)
        if format:
            sink.setFormat(format)
        return sink

    # JDBC

    def extract_jdbc_conf(self, connection_name, catalog_id=None):
        return catalog.jdbc_conf(self.catalog(catalog_id), connection_name)

    def _of_database(self, options, context):
        found = jdbc.read(self.spark_session, self._with_connection(options), Job.bookmark(), context)
        return dynamicframe.DynamicFrame.fromDF(found, self, context)

    def _with_connection(self, options):
        """A connection of the Data Catalog gives what the script did not."""
        if "connectionName" not in options:
            return options
        return jdbc.with_connection(options, self.extract_jdbc_conf(options["connectionName"]))

    # files of S3

    def purge_s3_path(self, s3_path, options=None, transformation_ctx=""):
        """Deletes the files below the path that are older than `retentionPeriod` hours (168)."""
        self._purge([s3_path], dict(options or {}))

    def purge_table(self, database, table_name, options=None, transformation_ctx="", catalog_id=None):
        """Deletes the files of a table, and with partitionPredicate those of the partitions that match, with these."""
        options, known = dict(options or {}), self.catalog(catalog_id)
        table = known.table(database, table_name)
        if not table.partition_keys:
            self._purge([table.location], options)
            return
        predicate = options.get("partitionPredicate", "")
        found = sources.matching(self.spark_session, table.partition_keys, table.partitions(), predicate)
        self._purge([one.location for one in found], options)
        for one in found:
            if not self._files.of(one.location):
                known.client.delete_partition(
                    DatabaseName=database, TableName=table_name, PartitionValues=list(one.values)
                )

    def _purge(self, paths, options):
        if options.get("manifestFilePath"):
            raise missing.NotHere("manifestFilePath of a purge", "AWS does not document what is in the manifest")
        if "STANDARD" in (options.get("excludeStorageClasses") or ()):
            return  # the class of every object here
        before = (time.time() - 3600 * float(options.get("retentionPeriod", 168))) * 1000
        for path in paths:
            for file in sources.without_exclusions(self._files.of(path), options.get("exclusions")):
                if file.modified <= before:
                    self._files.delete(file.uri, False)


class Logger:
    """The methods of the logger that AWS gives; lines go to Spark's log."""

    def __init__(self, context):
        self._logger = context._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def info(self, message):
        self._logger.info(str(message))

    def warn(self, message):
        self._logger.warn(str(message))

    warning = warn

    def error(self, message):
        self._logger.error(str(message))

    def debug(self, message):
        self._logger.debug(str(message))

    def trace(self, message):
        self._logger.trace(str(message))

    def fatal(self, message):
        self._logger.fatal(str(message))


class _Source:
    def __init__(self, glue_context, connection_type, context, options):
        self._glue_context, self._type, self._context, self._options = glue_context, connection_type, context, options
        self._format, self._format_options = None, {}

    def setFormat(self, format, **options):
        self._format, self._format_options = format, options

    def getFrame(self):
        return self._glue_context.create_dynamic_frame_from_options(
            self._type, self._options, self._format, self._format_options, self._context
        )


def _no_connection(name):
    if name in missing.CONNECTIONS:
        return missing.NotHere(f"The connection type {name!r}", missing.CONNECTIONS[name])
    return ValueError(f"The connection type {name!r} is none of {', '.join((*FILES, *jdbc.KINDS))}")


def _is_of_database(table):
    """Whether the table has its place in a database. Raises NotHere for one of DynamoDB and the like."""
    parameters = table.definition.get("Parameters", {})
    kind = parameters.get("classification", "").lower()
    if kind in missing.CONNECTIONS:
        raise missing.NotHere(f"The table {'.'.join(table.key)} of {kind}", missing.CONNECTIONS[kind])
    return "connectionName" in parameters or kind in jdbc.KINDS


def _as_dict(one):
    return one.asDict(True) if hasattr(one, "asDict") else one
