"""Clicks of some days, counted by page: only the partitions wanted are read, the result is a partitioned table of the catalog.

--database       of the Data Catalog: clicks, JSON by year, month, day
--target         s3://bucket/prefix/ of the new table, page_views
--month          such as 2024-03
"""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import Filter, SelectFields
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database", "target", "month"])
glue_context = GlueContext(SparkContext.getOrCreate())
spark = glue_context.spark_session
job = Job(glue_context)
job.init(args["JOB_NAME"], args)

year, month = args["month"].split("-")
clicks = glue_context.create_dynamic_frame.from_catalog(
    database=args["database"],
    table_name="clicks",
    push_down_predicate=f"(year == '{year}' and month == '{month}')",
    transformation_ctx="clicks",
)
print("clicks", clicks.count())
if clicks.count() > 0:
    people = Filter.apply(frame=clicks, f=lambda record: record["agent"]["bot"] is False, transformation_ctx="people")
    paths = ["page", "user", "year", "month", "day"]
    views = SelectFields.apply(frame=people, paths=paths, transformation_ctx="views").toDF()
    counted = views.groupBy("page", "year", "month", "day").agg(
        F.count("*").alias("views"), F.countDistinct("user").alias("users")
    )
    sink = glue_context.getSink(
        connection_type="s3",
        path=args["target"],
        enableUpdateCatalog=True,
        updateBehavior="UPDATE_IN_DATABASE",
        partitionKeys=["year", "month", "day"],
        transformation_ctx="sink",
    )
    sink.setFormat("glueparquet")
    sink.setCatalogInfo(catalogDatabase=args["database"], catalogTableName="page_views")
    sink.writeFrame(DynamicFrame.fromDF(counted.repartition(1), glue_context, "counted"))
for row in spark.sql(
    "select page, sum(views) as n from `{}`.page_views group by page order by page".format(args["database"])
).collect():
    print(row["page"], row["n"])
job.commit()
