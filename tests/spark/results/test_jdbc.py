"""A real PostgreSQL, read and written by scripts that bring no driver: on AWS it is part of Glue."""

from __future__ import annotations

import uuid

import pytest

from tests.spark.results.conftest import GLUE_JOB, VERSIONS, succeeded
from tests.spark.runtime.conftest import SparkAccount
from tests.support.postgres import Postgres

ENABLED = {"--job-bookmark-option": "job-bookmark-enable"}
# Read in each of the ways that AWS documents, and written in three.
READ_AND_WRITE = (
    GLUE_JOB
    + """
options = getResolvedOptions(sys.argv, ["url", "user", "password", "connection", "database", "table", "target"])
login = {"url": options["url"], "user": options["user"], "password": options["password"]}
connection = {"useConnectionProperties": "true", "connectionName": options["connection"]}
read = glue.create_dynamic_frame
frames = [
    read.from_options("postgresql", {**login, "dbtable": options["table"]}),
    read.from_options("postgresql", {**connection, "dbtable": "public." + options["table"], "hashfield": "id"}),
    read.from_catalog(options["database"], "source"),
]
for frame in frames:
    print(json.dumps(sorted([row.id, row.name, str(row.born)] for row in frame.toDF().collect())))
print(json.dumps([[field.name, field.dataType.typeName()] for field in frames[0].schema().fields]))
conf = glue.extract_jdbc_conf(options["connection"])
print(json.dumps([conf["url"] + "/airflow" == conf["fullUrl"] == options["url"], conf["vendor"], conf["user"]]))

mapped = frames[0].apply_mapping([("id", "int", "number", "long"), ("name", "string", "name", "string")])
write = glue.write_dynamic_frame
write.from_jdbc_conf(mapped, options["connection"], {"dbtable": options["target"], "database": "airflow"})
write.from_jdbc_conf(frame=mapped, catalog_connection=options["connection"], connection_options={"dbtable": options["target"]})
write.from_options(mapped, "postgresql", {**login, "dbtable": options["target"]})
write.from_catalog(mapped, options["database"], "target")
"""
)


def register(aws: SparkAccount, database: str, name: str, location: str, connection: str) -> None:
    """As a crawler does it."""
    storage = {"Columns": [{"Name": "id", "Type": "int"}], "Location": location}
    parameters = {"classification": "postgresql", "connectionName": connection}
    aws.glue.create_table(
        DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": storage, "Parameters": parameters}
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_tables_are_read_and_written(
    aws: SparkAccount, postgres: Postgres, connection: str, database: str, version: str
) -> None:
    table, target = (f"{name}_{uuid.uuid4().hex[:8]}" for name in ("people", "copies"))
    postgres.sql(
        f"create table {table} (id int primary key, name text, born date);"
        f"insert into {table} values (1, 'Ada', '1815-12-10'), (2, '한국어', null), (3, 'O''Neil', '1906-12-09')"
    )
    register(aws, database, "source", f"airflow.public.{table}", connection)
    register(aws, database, "target", f"airflow.public.{target}", connection)
    arguments = {
        "--url": postgres.url, "--user": postgres.user, "--password": postgres.password, "--connection": connection,
        "--database": database, "--table": table, "--target": target,
    }  # fmt: skip
    *read, schema, conf = succeeded(aws, aws.result(READ_AND_WRITE, version, Arguments=arguments))
    assert read == [[[1, "Ada", "1815-12-10"], [2, "한국어", "None"], [3, "O'Neil", "1906-12-09"]]] * 3
    assert schema == [["id", "int"], ["name", "string"], ["born", "date"]]
    assert conf == [True, "postgresql", postgres.user]
    assert postgres.sql(f"select number, name, count(*) from {target} group by 1, 2 order by 1") == [
        ["1", "Ada", "4"], ["2", "한국어", "4"], ["3", "O'Neil", "4"],
    ]  # fmt: skip
    assert postgres.sql(f"select distinct pg_typeof(number) from {target}") == [["bigint"]]


BOOKMARKED = (
    GLUE_JOB
    + """
options = getResolvedOptions(sys.argv, ["connection", "table"])
source = {"useConnectionProperties": "true", "connectionName": options["connection"]}
keys = {"jobBookmarkKeys": ["day", "n"], "jobBookmarkKeysSortOrder": "asc"}
read = glue.create_dynamic_frame_from_options
frames = [
    read("postgresql", {**source, "dbtable": options["table"] + "_a"}, transformation_ctx="primary"),
    read("postgresql", {**source, "dbtable": options["table"] + "_b", **keys}, transformation_ctx="compound"),
    read("postgresql", {**source, "dbtable": options["table"] + "_b", **keys}),
]
print(json.dumps([sorted(row.n for row in frame.toDF().collect()) for frame in frames]))
job.commit()
"""
)


def test_a_bookmark_reads_the_rows_that_are_new(aws: SparkAccount, postgres: Postgres, connection: str) -> None:
    """By the primary key, by a compound key; without a transformation_ctx there is no bookmark."""
    table = f"t_{uuid.uuid4().hex[:8]}"
    postgres.sql(
        f"create table {table}_a (n int primary key); create table {table}_b (day date, n int);"
        f"insert into {table}_a values (1), (2); insert into {table}_b values ('2024-01-01', 1), ('2024-01-01', 2)"
    )
    name = aws.spark_job(BOOKMARKED, DefaultArguments={"--connection": connection, "--table": table, **ENABLED})
    first = aws.ended(name, aws.start(name), 120)
    assert succeeded(aws, first) == [[[1, 2]] * 3]
    postgres.sql(
        f"insert into {table}_a values (0), (5);"
        f"insert into {table}_b values ('2023-12-31', 9), ('2024-01-02', 1), ('2024-01-01', 3)"
    )
    second = aws.ended(name, aws.start(name), 120)
    assert succeeded(aws, second) == [[[5], [1, 3], [1, 1, 2, 3, 9]]]


def test_what_has_no_driver_or_is_no_option_here_is_named(aws: SparkAccount) -> None:
    script = (
        GLUE_JOB
        + """
for options in ({"url": "jdbc:mysql://127.0.0.1:1/db"}, {"url": "jdbc:postgresql://x/db", "sampleQuery": "select 1"}):
    try:
        glue.create_dynamic_frame.from_options("jdbc", {"user": "u", "password": "p", "dbtable": "t", **options})
    except NotImplementedError as problem:
        print(json.dumps(str(problem)))
"""
    )
    driver, option = succeeded(aws, aws.result(script))
    assert driver == "A driver for jdbc:mysql is not implemented in the local Glue: bring its jar by --extra-jars."
    assert option.startswith("The JDBC option 'sampleQuery' is not implemented")
