"""A script in the shape that Glue generates, whole: awsglue, the file system for S3, bookmarks and the Data Catalog together."""

from __future__ import annotations

import re

import pytest

from tests.spark.runtime.conftest import DATA, SparkAccount
from tests.support.spark import EVERY

SCRIPT = """
import sys
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "target"])
glue = GlueContext(SparkContext())
job = Job(glue)
job.init(args["JOB_NAME"], args)
frame = glue.create_dynamic_frame.from_catalog(database="spark_db", table_name="numbers", transformation_ctx="source")
mapped = ApplyMapping.apply(frame=frame, mappings=[("a", "string", "a", "int"), ("b", "string", "b", "int")])
glue.write_dynamic_frame.from_options(
    frame=mapped, connection_type="s3", connection_options={"path": args["target"]}, format="parquet"
)
print("Spark", glue.spark_session.version, "Python", "%d.%d" % sys.version_info[:2])
print(frame.count(), [table.name for table in glue.spark_session.catalog.listTables("spark_db")])
glue.get_logger().info("written to " + args["target"])
job.commit()
"""
IS = {
    "5.1": "Spark 3.5.6 Python 3.11",
    "5.0": "Spark 3.5.4 Python 3.11",
    "4.0": "Spark 3.3.0 Python 3.10",
    "3.0": "Spark 3.1.1 Python 3.7",
}
FORMATS = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        "Parameters": {"separatorChar": ","},
    },
}


@pytest.fixture(scope="module")
def catalog(aws: SparkAccount) -> None:
    aws.put("numbers/a.csv", b"a,b\n1,2\n3,4\n")
    columns = [{"Name": name, "Type": "string"} for name in "ab"]
    aws.glue.create_database(DatabaseInput={"Name": "spark_db"})
    aws.glue.create_table(
        DatabaseName="spark_db",
        TableInput={
            "Name": "numbers",
            "StorageDescriptor": {"Columns": columns, "Location": f"s3://{DATA}/numbers/", **FORMATS},
            "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
        },
    )


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("version", EVERY)
def test_the_second_run_finds_what_the_first_has_left(aws: SparkAccount, version: str) -> None:
    target = f"s3://{DATA}/numbers-out-{version}/"
    arguments = {
        "--target": target,
        "--job-bookmark-option": "job-bookmark-enable",
        "--enable-glue-datacatalog": "true",
    }
    name = aws.spark_job(SCRIPT, version, DefaultArguments=arguments)
    first = aws.ended(name, aws.start(name), 120)
    assert (first["JobRunState"], aws.output(first)) == ("SUCCEEDED", f"{IS[version]}\n2 ['numbers']"), aws.why(first)
    assert re.search(rf"INFO \[Thread-\d\] GlueLogger: written to {target}", aws.output(first, "error"))
    assert aws.keys(f"numbers-out-{version}/")
    second = aws.ended(name, aws.start(name), 120)
    assert (second["JobRunState"], aws.output(second)) == ("SUCCEEDED", f"{IS[version]}\n0 ['numbers']"), aws.why(
        second
    )


def test_an_argument_that_is_missing_is_named(aws: SparkAccount) -> None:
    run = aws.result("import sys\nfrom awsglue.utils import getResolvedOptions\ngetResolvedOptions(sys.argv, ['day'])")
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "GlueArgumentError: the following arguments are required: --day"
