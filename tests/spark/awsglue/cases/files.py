"""Reading and writing files: formats, options, names, partitions, what is refused."""

import gzip
import json
import os
import re

from awsglue.dynamicframe import DynamicFrame
from awsglue.missing import NotHere

CLICKS = [("2020", "01", "a", 1), ("2020", "01", "b", 2), ("2020", "02", "c", 3), ("2021", "01", "d", 4)]


def rows(frame):
    return [row.asDict(True) for row in frame.toDF().collect()]


def put(*parts, text):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def clicks(glue):
    return DynamicFrame.fromDF(
        glue.spark_session.createDataFrame(CLICKS, "year string, month string, who string, n int"), glue, "c"
    )


def read(glue, path, file_format="csv", options=None, **more):
    return glue.create_dynamic_frame.from_options(
        connection_type="s3",
        connection_options={"paths": [path], **more},
        format=file_format,
        format_options=options or {},
    )


def refused(kind, call, *words):
    try:
        call()
    except kind as problem:
        assert all(word in str(problem) for word in words), problem
    else:
        raise AssertionError("it was not refused")


def test_csv_is_text(glue, folder):
    put(folder, "a.csv", text='id|name\n1|"x|y"\n2|\n')
    found = rows(read(glue, folder, options={"withHeader": True, "separator": "|"}))
    assert found == [{"id": "1", "name": "x|y"}, {"id": "2", "name": ""}]
    assert list(rows(read(glue, folder, options={"separator": "|"}))[0]) == ["col0", "col1"]


def test_csv_options(glue, folder):
    put(folder, "a.csv", text="a,b\n'1\n2',\"x\"\n")
    found = rows(read(glue, folder, options={"withHeader": True, "multiLine": True, "quoteChar": "'"}))
    assert found == [{"a": "1\n2", "b": '"x"'}]
    put(folder, "b", "b.csv", text='a,b\n"1,2\n')
    assert rows(read(glue, folder + "/b", options={"withHeader": True, "quoteChar": -1})) == [{"a": '"1', "b": "2"}]


def test_json_over_several_lines(glue, folder):
    put(folder, "a.json", text=json.dumps([{"a": 1}, {"a": 2}], indent=2) + "\n" + json.dumps({"a": 3}, indent=1))
    assert [row["a"] for row in rows(read(glue, folder, "json", {"multiline": True}))] == [1, 2, 3]


def test_below_folders_only_with_recurse_and_without_exclusions(glue, folder):
    for name in ("a.csv", "deep/b.csv", "deep/er/c.tmp", "_hidden.csv", "deep/.d.csv"):
        put(folder, name, text="x\n" + name + "\n")
    names = lambda **more: [row["x"] for row in rows(read(glue, folder, options={"withHeader": True}, **more))]  # noqa: E731
    assert names() == ["a.csv"]
    assert sorted(names(recurse=True)) == ["a.csv", "deep/b.csv", "deep/er/c.tmp"]
    assert sorted(names(recurse=True, exclusions='["**.tmp"]', groupFiles="inPartition")) == ["a.csv", "deep/b.csv"]
    assert names(recurse=True, boundedFiles="1") == ["a.csv"]


def test_odd_names_of_files(glue, folder):
    for number, name in enumerate(("a b.json", "c[1].json", "d+e=%20f.json", "ü.json")):
        put(folder, name, text=json.dumps({"n": number}))
    assert sorted(row["n"] for row in rows(read(glue, folder, "json"))) == [0, 1, 2, 3]


def test_files_are_named_as_glue_names_them(glue, folder):
    out = folder + "/out"
    for file_format in ("csv", "json", "orc"):
        path = f"{out}/{file_format}"
        glue.write_dynamic_frame.from_options(clicks(glue), "s3", {"path": path}, format=file_format)
        names = [name for name in os.listdir(path) if not name.endswith(".crc")]
        assert names and all(re.match(r"^run-\d{13}-part-r-\d{5}$", name) for name in names), names
    glue.write_dynamic_frame.from_options(clicks(glue), "s3", {"path": out + "/p"}, format="glueparquet")
    names = [name for name in os.listdir(out + "/p") if not name.endswith(".crc")]
    assert all(re.match(r"^run-\d{13}-part-block-0-r-\d{5}-snappy.parquet$", name) for name in names), names
    assert len(rows(read(glue, out + "/p", "parquet"))) == len(rows(read(glue, out + "/orc", "orc"))) == 4


def test_writing_twice_appends_and_leaves_no_staging(glue, folder):
    for _ in range(2):
        glue.write_dynamic_frame.from_options(
            clicks(glue), "s3", {"path": folder, "compression": "gzip"}, format="json"
        )
    assert len(rows(read(glue, folder, "json"))) == 8
    names = [name for name in os.listdir(folder) if not name.endswith(".crc")]
    assert all(name.endswith(".gz") for name in names), names
    with gzip.open(os.path.join(folder, names[0])) as file:
        assert json.loads(file.readline())["year"]


def test_a_write_that_fails_leaves_nothing(glue, folder):
    odd = clicks(glue).toDF().selectExpr("IF(n < 4, n, CAST(raise_error('no') AS INT)) AS n")
    refused(
        Exception,
        lambda: glue.write_dynamic_frame.from_options(
            DynamicFrame.fromDF(odd, glue, "odd"), "s3", {"path": folder + "/out"}, format="json"
        ),
        "no",
    )
    assert os.listdir(folder + "/out") == []


def test_partition_keys(glue, folder):
    path = {"path": folder, "partitionKeys": ["year", "month"]}
    glue.write_dynamic_frame.from_options(clicks(glue), "s3", path, format="csv", format_options={"separator": ";"})
    assert sorted(os.listdir(folder)) == ["year=2020", "year=2021"]
    found = rows(read(glue, folder, options={"withHeader": True, "separator": ";"}, recurse=True))
    assert sorted((row["who"], row["n"]) for row in found) == [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]
    assert "year" not in found[0]
    wrong = {"path": folder, "partitionKeys": ["day"]}
    refused(ValueError, lambda: glue.write_dynamic_frame.from_options(clicks(glue), "s3", wrong, format="csv"), "'day'")


def test_a_collection_is_written_below_the_names_of_its_frames(glue, folder):
    parts = clicks(glue).split_fields(["who"], "one", "other")
    glue.write_dynamic_frame.from_options(parts, "s3", {"path": folder}, format="json")
    assert sorted(os.listdir(folder)) == ["one", "other"]


def test_what_is_not_here_is_refused_by_name(glue, folder):
    put(folder, "a.json", text='{"a": 1}')
    refused(NotHere, lambda: read(glue, folder, "avro"), "'avro'")
    refused(NotHere, lambda: read(glue, folder, "json", {"jsonPath": "$.a"}), "'jsonPath'")
    refused(ValueError, lambda: read(glue, folder, "cvs"), "'cvs'")
    refused(ValueError, lambda: read(glue, folder, "csv", {"seperator": "|"}), "'seperator'")
    refused(FileNotFoundError, lambda: read(glue, folder + "/nope", "json"), "/nope")
    refused(NotHere, lambda: glue.create_dynamic_frame.from_options("kinesis", {}), "'kinesis'")
    refused(ValueError, lambda: glue.create_dynamic_frame.from_options("s4", {"paths": [folder]}), "'s4'")
    refused(NotHere, lambda: glue.purge_s3_path(folder, {"manifestFilePath": folder}), "manifestFilePath")
    pushed = {"format": "json", "push_down_predicate": "year = 1"}
    refused(NotHere, lambda: glue.create_dynamic_frame.from_options("s3", {"paths": [folder]}, **pushed), "push_down")
    for name in ("forEachBatch", "transition_s3_path", "start_transaction"):
        refused(NotHere, lambda name=name: getattr(glue, name)(), name)
    from awsglue.transforms import FindMatches

    refused(NotHere, lambda: FindMatches.apply(None), "FindMatches")
    refused(ModuleNotFoundError, lambda: __import__("awsglue.nope"), "awsglue.nope")


def test_the_session_of_the_script(glue):
    assert glue.sql("SELECT 1 AS x").collect()[0]["x"] == 1
    assert glue.spark_session.sparkContext is glue.sparkContext
    glue.get_logger().info("a line")


def test_purge(glue, folder):
    put(folder, "old.csv", text="x\n")
    put(folder, "new.csv", text="x\n")
    os.utime(folder + "/old.csv", (1, 1))
    glue.purge_s3_path(folder)
    assert [name for name in os.listdir(folder) if not name.endswith(".crc")] == ["new.csv"]
    glue.purge_s3_path(folder, {"retentionPeriod": 0, "excludeStorageClasses": ["STANDARD"]})
    assert os.listdir(folder) != [], "every object is of the class STANDARD"
    glue.purge_s3_path(folder, {"retentionPeriod": 0, "excludeStorageClasses": ["STANDARD_IA"]})
    assert os.listdir(folder) == []


def test_the_older_names_of_writing(glue, folder):
    put(folder, "in", "a.json", text='{"a": 1}')
    frame = read(glue, folder + "/in", "json")
    glue.write_from_options(
        frame_or_dfc=frame, connection_type="s3", connection_options={"path": folder + "/out"}, format="json"
    )
    assert read(glue, folder + "/out", "json").count() == 1


def test_on_s3(glue, s3):
    path = f"s3://{s3.bucket}/clicks/"
    glue.write_dynamic_frame.from_options(clicks(glue), "s3", {"path": path, "partitionKeys": ["year"]}, format="json")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=s3.bucket)["Contents"]]
    assert keys and all(re.match(r"^clicks/year=\d{4}/run-\d+-part-r-\d{5}$", key) for key in keys), keys
    assert len(rows(read(glue, path, "json", recurse=True))) == 4
