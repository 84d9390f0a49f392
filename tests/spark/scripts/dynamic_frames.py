"""A Glue job: what formats.py does, which it imports, and then the same data read and written by DynamicFrames."""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from formats import ROOT, data, files, flat, found, say, spark

glue = GlueContext(spark.sparkContext)
DATABASE = sys.argv[sys.argv.index("--database") + 1]
CSV = {"withHeader": True}


def dynamic(frame, name):
    return DynamicFrame.fromDF(frame, glue, name)


def ids(frame):
    return sorted(int(row.id) for row in frame.collect())


# What Spark has written, without the column that is in the names of its folders: from_options does not look at those.
for form, options in (("json", {}), ("json.gz", {}), ("parquet", {}), ("orc", {}), ("csv", CSV), ("csv.gz", CSV)):
    source = {"paths": [f"{ROOT}/formats/{form}/"], "recurse": True}
    read = glue.create_dynamic_frame.from_options("s3", source, form.partition(".")[0], options).toDF()
    say("read " + form, found(read))

# What DynamicFrames write, Spark reads.
for form in ("json", "parquet", "glueparquet", "orc", "csv"):
    path = f"{ROOT}/written/{form}"
    frame = dynamic(flat(data()) if form == "csv" else data(), form)
    glue.write_dynamic_frame.from_options(frame, "s3", {"path": path, "partitionKeys": ["kind"]}, form)
    reader = spark.read.option("header", "true").option("inferSchema", "true")
    say("written " + form, found(reader.format(form.replace("glue", "")).load(path)))
    say("written " + form + " folders", sorted({name.rpartition("/")[0] for name in files(path)}))

# By a table of the Data Catalog, which the sink makes.
for form in ("json", "glueparquet"):
    name = "t_" + form
    sink = glue.getSink(
        connection_type="s3", path=f"{ROOT}/tables/{name}/", enableUpdateCatalog=True, partitionKeys=["kind"]
    )
    sink.setFormat(form)
    sink.setCatalogInfo(catalogDatabase=DATABASE, catalogTableName=name)
    sink.writeFrame(dynamic(data(), name))
    say("table " + form, found(glue.create_dynamic_frame.from_catalog(DATABASE, name).toDF()))
    wanted = glue.create_dynamic_frame.from_catalog(DATABASE, name, push_down_predicate="kind <> 'b c'")
    say("part of " + form, ids(wanted.toDF()))
    glue.write_dynamic_frame.from_catalog(
        dynamic(data(200, 2), "more"), DATABASE, name, additional_options={"partitionKeys": ["kind"]}
    )
    say("more of " + form, ids(glue.create_dynamic_frame.from_catalog(DATABASE, name).toDF()))
