"""What of AWS's awsglue is here, as the page docs/glue-spark-awsglue.md.

    python -m awsglue.coverage > docs/glue-spark-awsglue.md        (with PySpark, without starting Spark)

The names are those of AWS's documentation; what is said of each is read from the code.
"""

import inspect
import sys

from awsglue import (
    context,
    dynamicframe,
    frames,
    jdbc,
    job,
    missing,
    readers,
    sinks,
    sources,
    transforms,
    utils,
    writers,
)

# Names in the Glue developer guide, "AWS Glue PySpark extensions reference" and "PySpark transforms reference".
DOCUMENTED = {
    "GlueContext": (
        context.GlueContext,
        "add_ingestion_time_columns cancel_transaction commit_transaction create_data_frame_from_catalog"
        " create_data_frame_from_options create_dynamic_frame_from_catalog create_dynamic_frame_from_options"
        " create_dynamic_frame_from_rdd create_sample_dynamic_frame_from_catalog create_sample_dynamic_frame_from_options"
        " extract_jdbc_conf forEachBatch getSink getSource get_logger purge_s3_path purge_table start_transaction"
        " transition_s3_path transition_table write_data_frame_from_catalog write_data_frame_from_options"
        " write_dynamic_frame_from_catalog write_dynamic_frame_from_jdbc_conf write_dynamic_frame_from_options"
        " write_from_jdbc_conf write_from_options",
    ),
    "DynamicFrame": (
        dynamicframe.DynamicFrame,
        "applyMapping apply_mapping assertErrorThreshold coalesce count drop_fields errorsAsDynamicFrame errorsCount filter"
        " fromDF getNumPartitions join map mergeDynamicFrame printSchema relationalize rename_field repartition resolveChoice"
        " schema select_fields show simplify_ddb_json spigot split_fields split_rows stageErrorsCount toDF unbox union unnest"
        " unnest_ddb_json write",
    ),
    "DynamicFrameCollection": (dynamicframe.DynamicFrameCollection, "flatmap keys map select values"),
    "glueContext.create_dynamic_frame": (frames.DynamicFrameReader, "from_catalog from_options from_rdd"),
    "glueContext.create_data_frame": (frames.DataFrameReader, "from_catalog from_options"),
    "glueContext.write_dynamic_frame": (frames.DynamicFrameWriter, "from_catalog from_jdbc_conf from_options"),
    "glueContext.write_data_frame": (frames.DataFrameWriter, "from_catalog from_options"),
    "getSink": (sinks.Sink, "setAccumulableSize setCatalogInfo setFormat write writeFrame"),
    "Job": (job.Job, "commit init isInitialized"),
    "awsglue.transforms": (
        transforms,
        "ApplyMapping DetectSensitiveData DropFields DropNullFields ErrorsAsDynamicFrame EvaluateDataQuality"
        " FillMissingValues Filter FindIncrementalMatches FindMatches FlatMap Join Map MapToCollection MergeDynamicFrame"
        " Relationalize RenameField ResolveChoice SelectFields SelectFromCollection Spigot SplitFields SplitRows Unbox"
        " Union UnnestFrame",
    ),
    "awsglue.utils": (utils, "getResolvedOptions"),
}
# What a script may notice. Those of the first table are as AWS documents it, or as scripts see it there.
NOTES = (
    (
        "Choice types",
        "JSON: types are found in all records of a source: int (32 bits), long, double, string, boolean, struct, array."
        " Several types in one field are a choice, `int` and `long` too. CSV: text; by a table of the Data Catalog the types"
        " of its columns, a choice with string where a value is not of the type. `toDF()` makes a struct of a choice.",
    ),
    (
        "Bookmarks",
        "Files, by time of modification, for each `transformation_ctx`; kept by `Job.commit` and by the service, which resets"
        " them. Of the last 15 minutes (`maxBand`) each file is remembered. JDBC: by `jobBookmarkKeys`, or else the primary key"
        " (AWS: if it has no gaps). `--job-bookmark-from` and `-to`: of runs that have committed.",
    ),
    (
        "Partitions",
        "Of tables, wherever their folders are. `push_down_predicate` is evaluated by Spark on the partitions' values, and only"
        " those that match are listed and read; `catalogPartitionPredicate` by the Data Catalog. `from_options` reads no"
        " partition columns from names of folders.",
    ),
    (
        "Files written",
        "`run-<digits>-part-r-NNNNN`, Parquet `run-<digits>-part-block-0-r-NNNNN-snappy.parquet`; no `_SUCCESS`. Always"
        " beside what is there. A write that fails leaves nothing.",
    ),
    (
        "Errors",
        "A record whose function raises, or a JSON document that cannot be read, is an error record. A threshold is held when"
        " the transformation is called, not when its frame is used.",
    ),
    (
        "Map, FlatMap, Filter",
        "The function is called once for each record; by Map and FlatMap at once.",
    ),
    ("Records in functions", "A field that is missing in one record and there in another is None, not absent."),
    ("Join", "A field of the second frame that has the name of one of the first gets a dot in front."),
    (
        "CSV",
        "An empty field is an empty string; null where the Data Catalog has another type than string. AWS: not verified.",
    ),
    ("Parquet, ORC", "Files whose types differ are read if Spark can merge them; they make no choice."),
    (
        "JDBC",
        "Spark's own source. PostgreSQL's driver (42.7.4) is there, as on AWS; any other must be among `--extra-jars`. A table"
        " is appended to, and made if it is not there. A table of the Data Catalog may stand for one of a database: location"
        " `database.schema.table`, parameter `connectionName`. Refused by name: "
        + ", ".join(f"`{one}`" for one in missing.JDBC_OPTIONS)
        + ".",
    ),
    (
        "`--enable-glue-datacatalog`",
        "Tables are Spark data sources (Parquet, ORC, JSON, CSV) whatever their SerDe. What statements create, change or drop is"
        " written to the Data Catalog when they end; views stay in the session.",
    ),
    (
        "Groups, speed",
        "Accepted, nothing to do: "
        + ", ".join(f"`{one}`" for one in (*sources.ACCEPTED, *readers.ACCEPTED, *jdbc.ACCEPTED))
        + ".",
    ),
)


def page():
    return "\n".join(_lines()) + "\n"


def _lines():
    yield "# awsglue in Spark jobs: what is here"
    yield ""
    yield "<!-- Made by `python -m awsglue.coverage`; a test fails when it is out of date. -->"
    yield ""
    yield "AWS's API over PySpark, for Glue 3.0 to 5.1. Names are those of AWS's documentation. What is not here raises an error"
    yield "that names it."
    yield ""
    yield "## How it behaves"
    yield ""
    yield "| | |"
    yield "|---|---|"
    for what, note in NOTES:
        yield f"| {what} | {note} |"
    for title, (owner, names) in DOCUMENTED.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield "| name | | note |"
        yield "|---|---|---|"
        for name in names.split():
            here, note = judged(title, owner, name)
            yield f"| `{name}` | {'here' if here else 'not here'} | {note} |".replace("|  |", "| |")
    yield from _formats()
    yield from _table(
        "Connection types", "type", {**dict.fromkeys((*context.FILES, *jdbc.KINDS), ""), **missing.CONNECTIONS}
    )


def judged(title, owner, name):
    """(is it here, a note). Raises LookupError for a name that is neither in the code nor on the list of what is missing."""
    reason = missing.METHODS.get(f"{title}.{name}") or missing.METHODS.get(name)
    if reason:
        return False, reason
    found = getattr(owner, name, None)
    if found is None:
        raise LookupError(f"{title}.{name} is neither here nor missing by name")
    text = (inspect.getdoc(found) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return True, text


def _formats():
    yield ""
    yield "## Formats"
    yield ""
    yield "| format | | options for reading | options for writing |"
    yield "|---|---|---|---|"
    for name in readers.FORMATS:
        kind = readers.format_named(name)
        read, written = (
            ", ".join(f"`{one}`" for one in options[kind]) for options in (readers.OPTIONS, writers.OPTIONS)
        )
        yield f"| {name} | here | {read} | {written} |".replace("|  |", "| |").replace("|  |", "| |")
    for name, reason in missing.FORMATS.items():
        yield f"| {name} | not here | {reason} | |"
    for name, reason in missing.FORMAT_OPTIONS.items():
        yield f"| | | `{name}`: not here, {reason} | |"


def _table(title, head, rows):
    yield ""
    yield f"## {title}"
    yield ""
    yield f"| {head} | | note |"
    yield "|---|---|---|"
    for name, reason in rows.items():
        yield f"| {name} | {'not here' if reason else 'here'} | {reason} |".replace("|  |", "| |")


if __name__ == "__main__":
    sys.stdout.write(page())
