"""Functions of the script on records, and the records they fail on."""

import json
import os

from awsglue.dynamicframe import DynamicFrame
from awsglue.transforms import ErrorsAsDynamicFrame, Filter, Map, Spigot, Unbox

ROWS = [
    {"n": 1, "place": {"zip": "1000", "city": "A"}},
    {"n": 0, "place": {"zip": "2000", "city": "B"}},
    {"n": 3, "place": None},
]


def read(glue, folder, rows=ROWS):
    with open(os.path.join(folder, "data.json"), "w") as file:
        file.write("\n".join(map(json.dumps, rows)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [folder]}, format="json")


def rows(frame):
    return [row.asDict(True) for row in frame.toDF().collect()]


def test_map_may_change_everything(glue, folder):
    def change(record):
        record["place"] = {"town": record["place"]["city"], "codes": [record["place.zip"], record.n]}
        del record["n"]
        return record

    frame = Map.apply(frame=read(glue, folder).filter(lambda record: record["place"] is not None), f=change)
    assert frame.schema().treeString().splitlines()[1:] == [
        "|-- place: struct",
        "|    |-- town: string",
        "|    |-- codes: array",
        "|    |    |-- element: choice",
        "|    |    |    |-- int",
        "|    |    |    |-- string",
    ]
    assert rows(frame)[0]["place"]["codes"] == [{"int": None, "string": "1000"}, {"int": 1, "string": None}]


def test_map_keeps_the_types_of_fields_it_does_not_touch(glue):
    typed = glue.spark_session.sql(
        "SELECT 1L AS l, CAST(1 AS SMALLINT) AS s, CAST(1.5 AS FLOAT) AS f, 1.50BD AS d, DATE '2020-01-01' AS t,"
        " map('k', 1L) AS m, CAST(NULL AS STRING) AS n, array(named_struct('x', 1L)) AS a"
    )
    frame = DynamicFrame.fromDF(typed, glue, "typed")
    mapped = frame.map(lambda record: {**record, "new": record["l"] + 1})
    assert [pair for pair in mapped.toDF().dtypes if pair[0] != "new"] == typed.dtypes
    assert dict(mapped.toDF().dtypes)["new"] == "int"


def test_a_record_that_the_function_fails_on_is_an_error_record(glue, folder):
    frame = Map.apply(read(glue, folder), lambda record: {"half": 1 / record["n"]})
    assert [row["half"] for row in rows(frame)] == [1.0, 1 / 3]
    assert (frame.stageErrorsCount(), frame.errorsCount()) == (1, 1)
    (error,) = rows(ErrorsAsDynamicFrame.apply(frame))
    assert error["error"]["msg"] == "ZeroDivisionError: division by zero"
    assert "half" in error["error"]["stackTrace"]
    assert error["error"]["dynamicRecord"] == {"n": 0, "place": {"zip": "2000", "city": "B"}}


def test_filter(glue, folder):
    frame = Filter.apply(frame=read(glue, folder), f=lambda record: record["place"]["city"] == "A")
    assert [row["n"] for row in rows(frame)] == [1]
    assert frame.errorsCount() == 1, "the record without a place"
    later = frame.map(lambda record: record["nope"])
    assert (later.stageErrorsCount(), later.errorsCount()) == (1, 2)


def test_flat_map(glue, folder):
    frame = read(glue, folder).flat_map(lambda record: [{"i": i} for i in range(record["n"])])
    assert [row["i"] for row in rows(frame)] == [0, 0, 1, 2]


def test_thresholds(glue, folder):
    frame = read(glue, folder)
    frame.map(lambda record: {"x": 1 / record["n"]}, stageThreshold=2)
    for arguments in ({"stageThreshold": 1}, {"totalThreshold": 1}):
        try:
            frame.map(lambda record: {"x": 1 / record["n"]}, **arguments)
        except RuntimeError as problem:
            assert next(iter(arguments)) in str(problem)
        else:
            raise AssertionError(f"{arguments} held nothing")


def test_unbox(glue, folder):
    frame = read(glue, folder, [{"t": '{"a": 1, "b": ["x"]}'}, {"t": None}, {"t": "{"}])
    found = Unbox.apply(frame, path="t", format="json")
    assert [row["t"] for row in rows(found)] == [{"a": 1, "b": ["x"]}, None]
    assert found.errorsCount() == 1


def test_a_line_that_is_no_json_is_an_error_record(glue, folder):
    with open(os.path.join(folder, "data.json"), "w") as file:
        file.write('{"a": 1}\n{"a": \n[{"a": 2}, 3]\n\n')
    frame = glue.create_dynamic_frame.from_options("s3", {"paths": [folder]}, format="json")
    assert [row["a"] for row in rows(frame)] == [1, 2]
    assert frame.errorsCount() == 2


def test_spigot(glue, folder):
    out = os.path.join(folder, "sample")
    frame = read(glue, folder)
    assert Spigot.apply(frame, out, {"topk": 2}).count() == 3
    assert glue.spark_session.read.json(out).count() == 2


def test_from_an_rdd(glue):
    data = glue.spark_session.sparkContext.parallelize([{"a": 1}, {"a": "x", "b": True}])
    frame = glue.create_dynamic_frame.from_rdd(data, "made")
    assert [field.dataType.typeName() for field in frame.schema()] == ["choice", "boolean"]
