"""The `awsglue` package of Spark jobs: AWS's API over PySpark, written from AWS's documentation.

    context.py        GlueContext                         job.py          Job, and its bookmark
    dynamicframe.py   DynamicFrame and its collection     transforms/     the same, as classes with apply
    gluetypes.py      types as scripts see them           choices.py      choice types inside a DataFrame
    records.py        rows as dicts, types from values    fields.py       paths, and edits of nested fields
    mapping.py        ApplyMapping                        flattening.py   Relationalize and Unnest
    sources.py        which files are read                readers.py      what is in them
    writers.py        files as Glue names them            sinks.py        getSink, with the Data Catalog
    catalog.py        the Data Catalog                    jdbc.py         tables of databases
    arguments.py      getResolvedOptions' rules, the file of Python shell jobs
    utils.py          getResolvedOptions                  missing.py      what is not here, by name
    coverage.py       docs/glue-spark-awsglue.md

Python 3.7 with Spark 3.1.1 to Python 3.11 with Spark 3.5.6. Needs pyspark and boto3.
"""

from awsglue.missing import refuse_modules

refuse_modules(__name__)


def __getattr__(name):
    """`from awsglue import DynamicFrame`, without loading pyspark for those who want only the arguments."""
    if name in ("DynamicFrame", "DynamicFrameCollection"):
        from awsglue import dynamicframe

        return getattr(dynamicframe, name)
    raise AttributeError(f"module 'awsglue' has no attribute {name!r}")
