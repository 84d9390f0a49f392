"""--enable-glue-datacatalog: the Data Catalog as the catalog of Spark's SQL, in every session that the script makes.

    install(arguments)       before the script runs; `arguments` are the job's, with their dashes

Spark has its catalog in memory. A statement, a `table`, `insertInto` or `saveAsTable` is preceded by a look at the Data
Catalog: the databases, and those tables whose names the statement contains, are made known to Spark as they are now. After a
statement that may have changed something, tables and partitions that are new or different are written to the Data Catalog, and
what was dropped is dropped there. On AWS Spark's Hive catalog is a client of Glue; this is why a table here is one of Spark's
data sources, whatever its SerDe.
"""

import functools
import re

OPTION = "--enable-glue-datacatalog"
_WORD = re.compile(r"[A-Za-z0-9_]+")
_CHANGES = re.compile(
    r"^\s*(create|drop|alter|insert|msck|truncate|analyze|cache|refresh|replace|with)\b", re.IGNORECASE
)
_LISTS = re.compile(r"^\s*(show|describe|desc|use)\b", re.IGNORECASE)


def install(arguments):
    """Nothing without the option. It is a flag: an empty value, or any but "false", switches it on."""
    if OPTION not in arguments or str(arguments[OPTION]).lower() == "false":
        return
    from pyspark.sql import DataFrameReader, DataFrameWriter, SparkSession
    from pyspark.sql.catalog import Catalog

    _around(SparkSession, "sql", lambda session, sqlQuery, *_, **__: (session, sqlQuery))
    _around(SparkSession, "table", lambda session, tableName: (session, tableName))
    _around(DataFrameReader, "table", lambda reader, tableName: (_session(reader._spark), tableName))
    _around(
        DataFrameWriter, "saveAsTable", lambda writer, name, *_, **__: (_session(writer._spark), name), changes=True
    )
    _around(
        DataFrameWriter,
        "insertInto",
        lambda writer, tableName, *_, **__: (_session(writer._spark), tableName),
        changes=True,
    )
    for method in ("listTables", "listColumns", "listDatabases", "setCurrentDatabase", "tableExists", "databaseExists"):
        if hasattr(Catalog, method):
            _around(
                Catalog,
                method,
                lambda catalog, *names, **named: (
                    catalog._sparkSession,
                    "SHOW " + " ".join(filter(None, [*names, *named.values()])),
                ),
            )


def _session(found):
    """Spark 3.1's readers and writers hold the SQLContext, later ones the session."""
    return getattr(found, "sparkSession", found)


_inside = []  # a mirror's own statements are not preceded by another look


def _around(owner, method, subject, changes=False):
    plain = getattr(owner, method)

    @functools.wraps(plain)
    def looked(self, *arguments, **options):
        if _inside:
            return plain(self, *arguments, **options)
        from awsglue.mirror import Mirror

        session, text = subject(self, *arguments, **options)
        mirror = Mirror.of(session)
        _inside.append(method)
        try:
            mirror.pull(text, everything=bool(_LISTS.match(text)))
            try:
                found = plain(self, *arguments, **options)
            except Exception as problem:
                _explain(problem, mirror.unreadable(text))
                raise
            if changes or _CHANGES.match(text):
                mirror.push(set(word.lower() for word in _WORD.findall(text)))
            return found
        finally:
            _inside.pop()

    setattr(owner, method, looked)


def _explain(problem, reasons):
    """A table that Spark has not found may be one of the Data Catalog that it cannot read."""
    if reasons and re.search(r"not found|cannot be found", str(problem)):
        from awsglue.missing import NotHere

        raise NotHere("--enable-glue-datacatalog for a table of the statement", "; ".join(reasons)) from problem
