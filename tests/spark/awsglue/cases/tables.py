"""The Data Catalog: tables read by their partitions, sinks that update it, connections, and the job's bookmark."""

import json
import os
import time

from awsglue import bookmarks
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.missing import NotHere

CLICKS = [("2020", 1, "a"), ("2020", 2, "b"), ("2021", 1, "c")]
TEXT = ("org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")


def rows(frame):
    return [row.asDict(True) for row in frame.toDF().collect()]


def put(*parts, text):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


def table(  # noqa: PLR0917
    glue,
    database,
    name,
    location,
    columns,
    keys=(),
    parameters=None,
    serde=None,
    library="org.openx.data.jsonserde.JsonSerDe",
):
    definition = {
        "Name": name,
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys],
        "Parameters": parameters or {"classification": "json"},
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns],
            "Location": location,
            "InputFormat": TEXT[0],
            "OutputFormat": TEXT[1],
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde or {}},
        },
    }
    glue.catalog().put(database, definition)
    return glue.catalog().table(database, name)


def clickstream(glue, folder, database):
    """Partitions whose folders tell nothing."""
    from awsglue.sources import Partition

    known = table(glue, database, "clicks", folder, [("who", "string")], [("year", "string"), ("month", "int")])
    partitions = []
    for number, (year, month, who) in enumerate(CLICKS):
        place = f"{folder}/folder {number} é%20+"
        put(place, "data.json", text=json.dumps({"who": who}))
        partitions.append(Partition([year, str(month)], place))
    glue.catalog().put_partitions(known, partitions)


def test_partitions_are_columns_wherever_their_folders_are(glue, folder, database):
    clickstream(glue, folder, database)
    frame = glue.create_dynamic_frame.from_catalog(database=database, table_name="clicks")
    assert sorted((row["year"], row["month"], row["who"]) for row in rows(frame)) == CLICKS
    assert dict(frame.toDF().dtypes)["month"] == "int"


def test_only_partitions_that_a_predicate_matches_are_read(glue, folder, database):
    clickstream(glue, folder, database)
    put(folder, "folder 2 é%20+", "data.json", text="no json")  # of 2021: must not be looked at
    read = glue.create_dynamic_frame_from_catalog
    frame = read(database, "clicks", push_down_predicate="year = '2020' AND month > 1")
    assert [row["who"] for row in rows(frame)] == ["b"]
    assert read(database, "clicks", push_down_predicate="year < '2021'").errorsCount() == 0
    assert read(database, "clicks").errorsCount() == 1
    at_service = read(database, "clicks", additional_options={"catalogPartitionPredicate": "year='2020' and month=1"})
    assert [row["who"] for row in rows(at_service)] == ["a"]
    assert rows(read(database, "clicks", push_down_predicate="year = '1999'")) == []


def test_csv_by_its_serde_with_the_types_of_the_table(glue, folder, database):
    put(folder, "t", "a.csv", text="number;text;when\n1;x;2020-01-01\nodd;y;2020-01-02\n;;\n")
    serde = {"field.delim": ";", "skip.header.line.count": "1"}
    library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    columns = [("n", "bigint"), ("t", "string"), ("d", "date")]
    table(
        glue, database, "t", folder + "/t", columns, parameters={"classification": "csv"}, serde=serde, library=library
    )
    frame = glue.create_dynamic_frame.from_catalog(database, "t")
    assert frame.schema().treeString().splitlines()[1:] == [
        "|-- n: choice",
        "|    |-- long",
        "|    |-- string",
        "|-- t: string",
        "|-- d: date",
    ]
    assert [row["n"] for row in rows(frame)] == [{"long": 1, "string": None}, {"long": None, "string": "odd"}, None]
    assert [row["n"] for row in rows(frame.resolveChoice(specs=[("n", "cast:long")]))] == [1, None, None]
    assert str(rows(frame)[0]["d"]) == "2020-01-01"


def test_a_sink_makes_the_table_and_keeps_it_up_to_date(glue, folder, database):
    def write(rows_, schema, **options):
        sink = glue.getSink(
            connection_type="s3", path=folder + "/out", enableUpdateCatalog=True, partitionKeys=["year"], **options
        )
        sink.setFormat("glueparquet")
        sink.setCatalogInfo(catalogDatabase=database, catalogTableName="out")
        sink.writeFrame(DynamicFrame.fromDF(glue.spark_session.createDataFrame(rows_, schema), glue, "x"))

    write([("2020", 1), ("2021", 2)], "year string, n int", updateBehavior="UPDATE_IN_DATABASE")
    known = glue.catalog().table(database, "out")
    assert (known.columns, known.partition_keys, known.file_format) == ([("n", "int")], [("year", "string")], "parquet")
    write([("2022", 3, "x")], "year string, n int, more string")
    write([("2023", 4, True)], "year string, n int, flag boolean", updateBehavior="LOG")
    known = glue.catalog().table(database, "out")
    assert known.columns == [("n", "int"), ("more", "string")]
    assert sorted(one.values for one in known.partitions()) == [["2020"], ["2021"], ["2022"], ["2023"]]
    found = rows(glue.create_dynamic_frame.from_catalog(database, "out", push_down_predicate="year >= '2022'"))
    assert sorted((row["year"], row["n"], row.get("more")) for row in found) == [("2022", 3, "x"), ("2023", 4, None)]


def test_writing_to_a_table(glue, folder, database):
    table(glue, database, "t", folder + "/t", [("a", "int")], [("k", "string")])
    frame = DynamicFrame.fromDF(glue.spark_session.createDataFrame([(1, "x")], "a int, k string"), glue, "f")
    options = {"enableUpdateCatalog": True, "partitionKeys": ["k"]}
    glue.write_dynamic_frame.from_catalog(frame, database, "t", additional_options=options)
    assert rows(glue.create_dynamic_frame.from_catalog(database, "t")) == [{"a": 1, "k": "x"}]
    glue.purge_table(database, "t", {"retentionPeriod": 0, "partitionPredicate": "k = 'x'"})
    assert glue.catalog().table(database, "t").partitions() == []


def test_data_frames_have_the_same_doors(glue, folder, database):
    clickstream(glue, folder, database)
    assert glue.create_data_frame.from_catalog(database, "clicks").count() == 3
    frame = glue.spark_session.createDataFrame([(1,)], "a int")
    glue.write_data_frame.from_options(frame, "s3", {"path": folder + "/df"}, format="json")
    assert glue.create_data_frame.from_options("s3", {"paths": [folder + "/df"]}, format="json").collect()[0]["a"] == 1


def test_jdbc_of_a_connection(glue):
    client, name = glue.catalog().client, f"c{time.time_ns()}"
    properties = {"JDBC_CONNECTION_URL": "jdbc:postgresql://host:5432/db", "USERNAME": "me", "PASSWORD": "secret"}
    client.create_connection(
        ConnectionInput={"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": properties}
    )
    try:
        found = glue.extract_jdbc_conf(name)
        assert (found["url"], found["fullUrl"]) == ("jdbc:postgresql://host:5432", "jdbc:postgresql://host:5432/db")
        assert (found["user"], found["password"], found["vendor"]) == ("me", "secret", "postgresql")
        frame = DynamicFrame.fromDF(glue.spark_session.createDataFrame([(1,)], "a int"), glue, "f")
        try:
            glue.write_dynamic_frame.from_jdbc_conf(frame, name, {"dbtable": "t", "database": "db"})
        except Exception as problem:
            assert "host" in str(problem), "there is a driver, which does not find the host"
        else:
            raise AssertionError("written, without a database")
    finally:
        client.delete_connection(ConnectionName=name)


def test_a_table_that_is_no_files_is_refused(glue, database):
    table(glue, database, "t", "db.t", [("a", "int")], parameters={"classification": "dynamodb"})
    try:
        glue.create_dynamic_frame.from_catalog(database, "t")
    except NotHere as problem:
        assert "dynamodb" in str(problem)
    else:
        raise AssertionError("read")


class Run:
    """A run of a job with a bookmark, as the service starts it."""

    def __init__(self, glue, path):
        self._glue, self._path = glue, path
        if not os.path.exists(path):
            self.reset()

    def reset(self):
        with open(self._path, "w") as file:
            json.dump({"JobBookmark": {}}, file)

    def __call__(self, source, context="src", commit=True, **options):
        os.environ[bookmarks.VARIABLE] = self._path
        try:
            job = Job(self._glue)
            job.init("job", {"JOB_NAME": "job"})
            frame = self._glue.create_dynamic_frame.from_options(
                "s3", {"paths": [source], "recurse": True, **options}, format="json", transformation_ctx=context
            )
            found = sorted(row["n"] for row in rows(frame))
            if commit:
                job.commit()
            return found
        finally:
            del os.environ[bookmarks.VARIABLE]
            Job.init("none")


def test_a_bookmark_reads_what_is_new(glue, folder):
    run, source = Run(glue, folder + "/bookmark.json"), folder + "/in"
    put(source, "1.json", text='{"n": 1}')
    put(source, "2.json", text='{"n": 2}')
    assert run(source, commit=False) == [1, 2]
    assert run(source) == [1, 2], "what is not committed is read again"
    assert run(source) == []
    put(source, "deep/3.json", text='{"n": 3}')
    assert run(source, context="another") == [1, 2, 3]
    assert run(source) == [3]
    later = time.time() + 5
    put(source, "1.json", text='{"n": 10}')
    os.utime(source + "/1.json", (later, later))
    assert run(source) == [10], "it was written anew"
    assert run(source, context="") == [2, 3, 10], "without a transformation_ctx there is no bookmark"
    run.reset()
    assert run(source) == [2, 3, 10]


def test_a_bookmark_and_a_bounded_run(glue, folder):
    run, source = Run(glue, folder + "/bookmark.json"), folder + "/in"
    for n in range(3):
        put(source, f"{n}.json", text=json.dumps({"n": n}))
        os.utime(f"{source}/{n}.json", (1600000000 + n, 1600000000 + n))
    assert [run(source, boundedFiles="2"), run(source, boundedFiles="2")] == [[0, 1], [2]]


def test_a_job_is_initialized_and_committed(glue):
    Job.init("job")
    assert Job.isInitialized()
    Job(glue).commit()  # without a bookmark: nothing to keep
