"""--enable-glue-datacatalog: Spark's SQL on the Data Catalog."""

import json
import os

import awsglue_hooks
from awsglue.sources import Partition

awsglue_hooks.install({"--enable-glue-datacatalog": ""})


def put(*parts, text):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def clicks(glue, folder, database):
    from awsglue.catalog import table_input

    known = glue.catalog()
    known.put(
        database, table_input("clicks", "json", folder, [("who", "string"), ("n", "bigint")], [("year", "string")])
    )
    for year in ("2020", "2021"):
        place = f"{folder}/of {year}"
        put(place, "a.json", text=json.dumps({"who": year, "n": 1}))
        known.put_partitions(known.table(database, "clicks"), [Partition([year], place)])
    return known


def found(glue, text):
    return sorted(tuple(row) for row in glue.spark_session.sql(text).collect())


def dropped(glue, *tables):
    for table in tables:
        glue.spark_session.sql(f"DROP TABLE {table}")


def test_tables_of_the_catalog_are_there(glue, folder, database):
    known = clicks(glue, folder, database)
    assert found(glue, f"SELECT who, n, year FROM {database}.clicks") == [("2020", 1, "2020"), ("2021", 1, "2021")]
    assert glue.spark_session.table(f"{database}.clicks").where("year = '2021'").count() == 1
    place = folder + "/later"
    put(place, "a.json", text='{"who": "new", "n": 2}')
    known.put_partitions(known.table(database, "clicks"), [Partition(["2022"], place)])
    assert found(glue, f"SELECT who FROM {database}.clicks WHERE year > '2021'") == [("new",)], "seen at once"
    assert (database, "clicks", False) in found(glue, f"SHOW TABLES IN {database}")
    assert [one.name for one in glue.spark_session.catalog.listTables(database)] == ["clicks"]
    glue.spark_session.sql(f"USE {database}")
    try:
        assert found(glue, "SELECT count(*) FROM clicks") == [(3,)]
    finally:
        glue.spark_session.sql("USE default")


def test_what_a_script_creates_is_in_the_catalog(glue, folder, database):
    frame = glue.spark_session.createDataFrame([(1, "x"), (2, "y")], "a int, k string")
    frame.write.partitionBy("k").option("path", folder + "/t").saveAsTable(f"{database}.t")
    table = glue.catalog().table(database, "t")
    assert (table.columns, table.partition_keys, table.file_format) == ([("a", "int")], [("k", "string")], "parquet")
    assert sorted(one.values for one in table.partitions()) == [["x"], ["y"]]
    glue.spark_session.sql(f"INSERT INTO {database}.t VALUES (3, 'z')")
    assert sorted(one.values for one in glue.catalog().table(database, "t").partitions()) == [["x"], ["y"], ["z"]]
    assert sorted(row["a"] for row in glue.create_dynamic_frame.from_catalog(database, "t").toDF().collect()) == [
        1,
        2,
        3,
    ]
    glue.spark_session.sql(
        f"CREATE TABLE {database}.c USING csv OPTIONS (header true) LOCATION '{folder}/c' AS SELECT 7 AS n"
    )
    assert [row["n"] for row in glue.create_dynamic_frame.from_catalog(database, "c").toDF().collect()] == [7]
    glue.spark_session.sql(f"ALTER TABLE {database}.t DROP PARTITION (k = 'x')")
    assert sorted(one.values for one in glue.catalog().table(database, "t").partitions()) == [["y"], ["z"]]
    dropped(glue, f"{database}.t", f"{database}.c")
    assert glue.catalog().find(database, "t") is None
    assert os.path.exists(folder + "/t"), "an external table leaves its files"


def test_a_database_made_and_dropped(glue, database):
    name = database + "_more"
    glue.spark_session.sql(f"CREATE DATABASE {name}")
    assert name in [one["Name"] for one in glue.catalog().databases()]
    glue.spark_session.sql(f"DROP DATABASE {name}")
    assert name not in [one["Name"] for one in glue.catalog().databases()]


def test_arguments_may_have_their_names(glue, folder, database):
    clicks(glue, folder, database)
    session = glue.spark_session
    assert session.sql(sqlQuery=f"SELECT n FROM {database}.clicks WHERE year = '2021'").count() == 1
    assert session.table(tableName=f"{database}.clicks").count() == 2
    assert session.read.table(tableName=f"{database}.clicks").count() == 2
    assert [one.name for one in session.catalog.listTables(dbName=database)] == ["clicks"]
    if session.version >= "3.4":
        assert session.sql(f"SELECT n FROM {database}.clicks WHERE year = :y", args={"y": "2021"}).count() == 1


def test_a_view_of_the_script_stays_in_the_session(glue, database):
    glue.spark_session.range(3).createOrReplaceTempView("mine")
    assert found(glue, "SELECT count(*) FROM mine") == [(3,)]
    assert glue.catalog().tables(database) == []


def test_insert_into_a_table_of_the_catalog(glue, folder, database):
    clicks(glue, folder, database)
    rows = glue.spark_session.createDataFrame([("w", 5, "2030")], "who string, n bigint, year string")
    rows.write.insertInto(f"{database}.clicks")
    values = [one.values for one in glue.catalog().table(database, "clicks").partitions()]
    assert ["2030"] in values and len(values) == 3
    assert found(glue, f"SELECT n FROM {database}.clicks WHERE year = '2030'") == [(5,)]


def test_a_table_that_is_dropped_elsewhere_is_gone_and_one_that_cannot_be_read_says_why(glue, folder, database):
    known = clicks(glue, folder, database)
    found(glue, f"SELECT * FROM {database}.clicks")
    known.client.delete_table(DatabaseName=database, Name="clicks")
    assert refusal(glue, f"SELECT * FROM {database}.clicks")[0] == "AnalysisException"
    definition = {"Name": "old", "Parameters": {"classification": "avro"}, "StorageDescriptor": {"Location": folder}}
    known.put(database, definition)
    kind, text = refusal(glue, f"SELECT * FROM {database}.old")
    assert kind == "NotHere" and "'avro'" in text and database in text
    assert found(glue, "SELECT 1 AS old") == [(1,)], "a word is not a table"


def refusal(glue, text):
    try:
        glue.spark_session.sql(text)
    except Exception as problem:
        return type(problem).__name__, str(problem)
    raise AssertionError("it was not refused")
