"""A column that is mostly a number and sometimes not: a choice, resolved in each of the four ways, and then cleaned.

--database       of the Data Catalog: payments, a CSV whose `provider id` a crawler took for a bigint
--target         s3://bucket/prefix/
"""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import ApplyMapping, DropFields, ErrorsAsDynamicFrame, Map, ResolveChoice
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql.functions import col, udf
from pyspark.sql.types import DoubleType

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database", "target"])
glue_context = GlueContext(SparkContext.getOrCreate())
job = Job(glue_context)
job.init(args["JOB_NAME"], args)

payments = glue_context.create_dynamic_frame.from_catalog(
    database=args["database"], table_name="payments", transformation_ctx="payments"
)
payments.printSchema()


def write(frame, name):
    glue_context.write_dynamic_frame.from_options(
        frame=frame,
        connection_type="s3",
        connection_options={"path": args["target"] + name},
        format="json",
        transformation_ctx="write_" + name,
    )


write(payments.resolveChoice(specs=[("provider id", "cast:long")]), "cast")
write(payments.resolveChoice(specs=[("provider id", "project:string")]), "project")
write(payments.resolveChoice(specs=[("provider id", "make_cols")]), "make_cols")
write(ResolveChoice.apply(frame=payments, choice="make_struct", transformation_ctx="struct"), "make_struct")

known = payments.resolveChoice(specs=[("provider id", "cast:long")]).toDF().where("`provider id` is not null")
amount = udf(lambda text: float(text.lstrip("$").replace(",", "")), DoubleType())
known = known.withColumn("charges", amount(known["average covered charges"])).drop("average covered charges")
cleaned = DynamicFrame.fromDF(known.withColumn("share", col("charges") / 100), glue_context, "cleaned")
nested = ApplyMapping.apply(
    frame=cleaned,
    mappings=[
        ("drg definition", "string", "drg", "string"),
        ("provider id", "long", "provider.id", "long"),
        ("provider name", "string", "provider.name", "string"),
        ("charges", "double", "charges.covered", "double"),
        ("share", "double", "share", "double"),
    ],
)


def shout(record):
    record["provider"]["name"] = record["provider"]["name"].upper()
    return record


mapped = Map.apply(frame=DropFields.apply(nested, ["share"]), f=shout)
print("errors", ErrorsAsDynamicFrame.apply(mapped).count())
glue_context.write_dynamic_frame.from_options(
    frame=mapped,
    connection_type="s3",
    connection_options={"path": args["target"] + "cleaned"},
    format="parquet",
    transformation_ctx="write_cleaned",
)
job.commit()
