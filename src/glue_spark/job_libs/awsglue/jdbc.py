"""Tables of databases, by Spark's own JDBC source. PostgreSQL's driver is among Spark's jars, others come by --extra-jars.

Sources: "JDBC connections", "Using job bookmarks" (jobBookmarkKeys), "Reading from JDBC tables in parallel".
"""

from py4j.protocol import Py4JJavaError

from awsglue import fields, missing

KINDS = ("jdbc", "custom.jdbc", "mysql", "postgresql", "oracle", "sqlserver", "db2")
# How AWS reads in parallel, and what Redshift alone needs. No row is another for it.
ACCEPTED = ("hashfield", "hashexpression", "hashpartitions", "redshiftTmpDir", "useConnectionProperties")
KEYS, ORDER = "jobBookmarkKeys", "jobBookmarkKeysSortOrder"


def read(spark, options, bookmark, context):
    """A DataFrame: the table `dbtable`, of which with a bookmark and keys only the rows that are new."""
    for name in options:
        if name in missing.JDBC_OPTIONS:
            raise missing.NotHere(f"The JDBC option {name!r}", missing.JDBC_OPTIONS[name])
    keys, order = options.get(KEYS), str(options.get(ORDER, "asc")).lower()
    if order not in ("asc", "desc"):
        raise ValueError(f"{ORDER} is asc or desc, not {order!r}")
    with _Driver(options):
        frame = spark.read.format("jdbc").options(**_of_spark(options)).load()
        if not bookmark.enabled or not context:
            return frame
        keys = [keys] if isinstance(keys, str) else list(keys or _primary_key(spark, options))
    return _unread(frame, keys, order == "desc", bookmark, context) if keys else frame


def write(frame, options):
    """Appends the rows of a DataFrame to `dbtable`, which is made if it is not there."""
    with _Driver(options):
        frame.write.format("jdbc").options(**_of_spark(options)).mode("append").save()


def of_table(table, options):
    """The options for a table of the Data Catalog that stands for one of a database, as crawlers register it: its location is
    database.schema.table, the connection is one of its parameters."""
    parameters = table.definition["Parameters"]
    database, _, name = table.location.partition(".")
    return {**options, "connectionName": parameters["connectionName"], "database": database, "dbtable": name}


def with_connection(options, conf):
    """The options, with what the connection `conf` (extract_jdbc_conf) gives and the script did not."""
    found = {key: value for key, value in options.items() if key not in ("connectionName", "database")}
    url = conf["url"] + "/" + options["database"] if "database" in options else conf["fullUrl"]
    return {"url": url, "user": conf["user"], "password": conf["password"], **found}


def _of_spark(options):
    return {key: value for key, value in options.items() if key not in (*ACCEPTED, KEYS, ORDER)}


class _Driver:
    """Says what to do where there is no driver for a URL."""

    def __init__(self, options):
        self._kind = ":".join(str(options.get("url", "")).split(":")[:2])

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, trace):
        if isinstance(problem, Py4JJavaError) and "No suitable driver" in str(problem):
            raise missing.NotHere(f"A driver for {self._kind}", "bring its jar by --extra-jars") from problem


def _primary_key(spark, options):
    """What AWS takes where no keys are named. A query has none."""
    schema, _, name = str(options.get("dbtable", "")).rpartition(".")
    connection = spark._jvm.java.sql.DriverManager.getConnection(
        options["url"], options.get("user"), options.get("password")
    )
    try:
        found, keys = connection.getMetaData().getPrimaryKeys(None, schema or connection.getSchema(), name), []
        while found.next():
            keys.append((found.getInt("KEY_SEQ"), found.getString("COLUMN_NAME")))
        return [key for _, key in sorted(keys)]
    finally:
        connection.close()


def _unread(frame, keys, descending, bookmark, context):
    """The rows behind the last one that was read, in the order of the keys, to the last one that is there now."""
    before, until = bookmark.position(context), bookmark.end(context)
    for known in filter(None, (before, until)):
        if known.get("keys") != keys:
            raise ValueError(f"The bookmark of {context!r} has the keys {known.get('keys')}, not {keys}: reset it")
    if before:
        frame = frame.where(_behind(frame, keys, before["values"], descending))
    if until:
        frame = frame.where(f"NOT ({_behind(frame, keys, until['values'], descending)})")
    columns = [frame[fields.quoted(key)] for key in keys]
    ordered = frame.orderBy(*[column.asc() if descending else column.desc() for column in columns])
    last = ordered.selectExpr(*[f"CAST({fields.quoted(key)} AS STRING)" for key in keys]).limit(1).collect()
    if not last:
        return frame
    bookmark.reach(context, {"keys": keys, "values": list(last[0])})
    # What is inserted while the job runs is for the next run.
    return frame.where(f"NOT ({_behind(frame, keys, last[0], descending)})")


def _behind(frame, keys, values, descending):
    """SQL: the row's keys, as one compound key, come behind those values."""
    tests, equal, sign = [], [], "<" if descending else ">"
    for key, value in zip(keys, values):
        text = f"CAST({fields.literal(value)} AS {fields.ddl(frame.schema[key].dataType)})"
        tests.append(" AND ".join([*equal, f"{fields.quoted(key)} {sign} {text}"]))
        equal.append(f"{fields.quoted(key)} = {text}")
    return " OR ".join(f"({test})" for test in tests)
