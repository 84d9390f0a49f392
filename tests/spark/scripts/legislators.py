"""Who sat where: three tables of the Data Catalog joined into one history, which is written as Parquet, made flat, and put into a
database table by table.

    --database       of the Data Catalog: persons, memberships, organizations, as a crawler found them (JSON)
    --target         s3://bucket/prefix/ for Parquet
    --connection     a JDBC connection of the Data Catalog
    --warehouse      the database behind it
    --prefix         in front of the names of its tables
    --TempDir        for relationalize
"""

import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import Join, Relationalize, SelectFields
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "TempDir", "database", "target", "connection", "warehouse", "prefix"])
glue_context = GlueContext(SparkContext.getOrCreate())
spark = glue_context.spark_session
logger = glue_context.get_logger()
job = Job(glue_context)
job.init(args["JOB_NAME"], args)


def table(name):
    return glue_context.create_dynamic_frame.from_catalog(
        database=args["database"], table_name=name, transformation_ctx="read_" + name
    )


persons = table("persons").drop_fields(["birth_place"])
memberships = table("memberships")
organizations = (
    table("organizations")
    .drop_fields(["other_names", "identifiers"])
    .rename_field("id", "org_id")
    .rename_field("name", "org_name")
)
logger.info(f"persons: {persons.count()}, memberships: {memberships.count()}")
organizations.toDF().printSchema()
SelectFields.apply(frame=memberships, paths=["organization_id"]).toDF().distinct().show()

with_seat = Join.apply(persons, memberships, "id", "person_id")
history = Join.apply(organizations, with_seat, "org_id", "organization_id").drop_fields(["person_id", "org_id"])
history.printSchema()

glue_context.write_dynamic_frame.from_options(
    frame=history,
    connection_type="s3",
    connection_options={"path": args["target"] + "history", "partitionKeys": ["org_name"]},
    format="parquet",
    transformation_ctx="write_history",
)
# A whole table in one file, as Spark writes it.
history.toDF().coalesce(1).write.mode("overwrite").parquet(args["target"] + "single")

flat = Relationalize.apply(frame=history, staging_path=args["TempDir"], name="history", transformation_ctx="flat")
for name in sorted(flat.keys()):
    logger.info("a table of its own: " + name)
    glue_context.write_dynamic_frame.from_jdbc_conf(
        frame=flat.select(name),
        catalog_connection=args["connection"],
        connection_options={"dbtable": args["prefix"] + name.replace(".", "_"), "database": args["warehouse"]},
        redshift_tmp_dir=args["TempDir"],
        transformation_ctx="write_" + name,
    )
contacts = flat.select("history_contact_details").toDF()
contacts.filter(contacts["`contact_details.val.type`"] == "fax").show()
job.commit()
