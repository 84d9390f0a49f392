"""What AWS's awsglue has and this one has not: asked for, it raises an error that names it. Listed on the page of coverage."""

import sys

# Name as scripts write it: why, or what to use instead.
METHODS = {
    "GlueContext.forEachBatch": "streaming sources (Kinesis, Kafka) are not here; spark.readStream on files works",
    "GlueContext.start_transaction": "Lake Formation's governed tables are not here",
    "GlueContext.commit_transaction": "Lake Formation's governed tables are not here",
    "GlueContext.cancel_transaction": "Lake Formation's governed tables are not here",
    "GlueContext.create_data_frame.from_rdd": "AWS has it for DynamicFrames alone; use spark.createDataFrame",
    "GlueContext.create_sample_dynamic_frame_from_catalog": "use create_dynamic_frame and toDF().limit()",
    "GlueContext.create_sample_dynamic_frame_from_options": "use create_dynamic_frame and toDF().limit()",
    "GlueContext.transition_s3_path": "LocalStack's S3 has no storage classes that objects move between",
    "GlueContext.transition_table": "LocalStack's S3 has no storage classes that objects move between",
    "GlueContext.add_ingestion_time_columns": "streaming sources are not here",
    "DynamicFrame.simplify_ddb_json": "DynamoDB's exports are not read here",
    "DynamicFrame.unnest_ddb_json": "DynamoDB's exports are not read here",
    "FindMatches": "machine learning transforms run only on AWS",
    "FindIncrementalMatches": "machine learning transforms run only on AWS",
    "FillMissingValues": "machine learning transforms run only on AWS",
    "EvaluateDataQuality": "data quality rules run only on AWS",
    "DetectSensitiveData": "the detection of personal data runs only on AWS",
}
FORMATS = {
    "avro": "Spark's reader of it (spark-avro) comes from Maven, and is no part of PySpark",
    "xml": "its reader is AWS's own",
    "grokLog": "its reader is AWS's own",
    "ion": "its reader is AWS's own",
    "hudi": "Hudi comes from Maven",
    "delta": "Delta Lake comes from Maven",
    "iceberg": "Iceberg comes from Maven",
}
FORMAT_OPTIONS = {
    "jsonPath": "records are whole JSON documents here; read them and use unnest or relationalize",
}
JDBC_OPTIONS = {
    "sampleQuery": "give Spark's `query` in place of dbtable",
    "sampleSize": "give Spark's `query` in place of dbtable",
    "enablePartitioningForSampleQuery": "give Spark's `query` in place of dbtable",
    "customJdbcDriverS3Path": "bring the driver's jar by --extra-jars",
    "customJdbcDriverClassName": "bring the driver's jar by --extra-jars, and name its class as `driver`",
    "secretId": "give user and password, or a connection with a SECRET_ID",
}
CONNECTIONS = {
    "dynamodb": "the connector is AWS's own; boto3 reaches DynamoDB",
    "redshift": "the connector is AWS's own",
    "kinesis": "streaming sources are not here",
    "kafka": "streaming sources are not here",
    "mongodb": "the connector comes from Maven",
    "documentdb": "the connector comes from Maven",
    "opensearch": "the connector comes from Maven",
    "snowflake": "the connector comes from Maven",
    "bigquery": "the connector comes from Maven",
    "marketplace.spark": "connectors of the AWS Marketplace are not here",
    "marketplace.jdbc": "connectors of the AWS Marketplace are not here",
    "marketplace.athena": "connectors of the AWS Marketplace are not here",
    "custom.athena": "Athena's connectors are not here",
}
MODULES = {
    "awsglue.data_sink": "AWS's front of its Java library; getSink gives the object",
    "awsglue.data_source": "AWS's front of its Java library; use create_dynamic_frame",
    "awsglueml": "machine learning transforms run only on AWS",
    "awsgluedq": "data quality rules run only on AWS",
}


class NotHere(NotImplementedError):
    """Something of AWS Glue that this local Glue does not have. The message names it."""

    def __init__(self, what, why):
        super().__init__(f"{what} is not implemented in the local Glue: {why}.")


def method(name):
    """The error for one of METHODS."""
    return NotHere(name, METHODS[name])


def refuse_modules(package):
    """A module of `package` that is not here, or one of MODULES, is a ModuleNotFoundError that says so."""

    class Refusal:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name in MODULES or name.startswith(package + "."):
                why = MODULES.get(name, "the local Glue's awsglue has no such module")
                raise ModuleNotFoundError(f"No module named {name!r}: {why}.", name=name)

    sys.meta_path.append(Refusal)
