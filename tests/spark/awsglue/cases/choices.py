"""Fields of several types, and the ways to resolve them."""

import json
import os

from awsglue.dynamicframe import DynamicFrame, ResolveOption
from awsglue.transforms import DropNullFields, ResolveChoice

ROWS = [
    {"provider id": 10001, "nested": {"price": 1}, "list": [{"n": 1}, {"n": "x"}], "none": None},
    {"provider id": "10005", "nested": {"price": 2.5}, "list": [], "none": None},
    {"provider id": "no number", "nested": {"price": "high"}, "list": None},
]


def read(glue, folder, rows=ROWS):
    with open(os.path.join(folder, "data.json"), "w") as file:
        file.write("\n".join(map(json.dumps, rows)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [folder]}, format="json")


def rows(frame):
    return [row.asDict(True) for row in frame.toDF().collect()]


def tree(frame):
    return frame.schema().treeString().splitlines()[1:]


def test_a_field_of_two_types_is_a_choice(glue, folder):
    frame = read(glue, folder)
    assert tree(frame)[:3] == ["|-- provider id: choice", "|    |-- int", "|    |-- string"]
    assert [row["provider id"] for row in rows(frame)] == [
        {"int": 10001, "string": None},
        {"int": None, "string": "10005"},
        {"int": None, "string": "no number"},
    ]


def test_large_and_small_whole_numbers_are_int_and_long(glue, folder):
    frame = read(glue, folder, [{"a": 1, "b": 3000000000}, {"a": 3000000000, "b": 3000000001}])
    assert tree(frame) == ["|-- a: choice", "|    |-- int", "|    |-- long", "|-- b: long"]


def test_cast(glue, folder):
    frame = ResolveChoice.apply(read(glue, folder), specs=[("provider id", "cast:long")])
    assert tree(frame)[0] == "|-- provider id: long"
    assert [row["provider id"] for row in rows(frame)] == [10001, 10005, None]


def test_project(glue, folder):
    found = rows(read(glue, folder).resolveChoice(specs=[("provider id", "project:string")]))
    assert [row["provider id"] for row in found] == ["10001", "10005", "no number"]


def test_make_cols(glue, folder):
    frame = read(glue, folder).resolveChoice(specs=[("provider id", "make_cols")])
    assert tree(frame)[:2] == ["|-- provider id_int: int", "|-- provider id_string: string"]
    assert rows(frame)[1]["provider id_string"] == "10005"


def test_make_struct(glue, folder):
    frame = read(glue, folder).resolveChoice(specs=[("provider id", "make_struct")])
    assert tree(frame)[:3] == ["|-- provider id: struct", "|    |-- int: int", "|    |-- string: string"]


def test_a_choice_inside_a_struct_and_inside_an_array(glue, folder):
    frame = read(glue, folder).resolveChoice(specs=[("nested.price", "make_cols"), ("list[].n", "cast:string")])
    first = rows(frame)[0]
    assert first["nested"] == {"price_double": None, "price_int": 1, "price_string": None}
    assert first["list"] == [{"n": "1"}, {"n": "x"}]


def test_all_choices_at_once(glue, folder):
    frame = read(glue, folder).resolveChoice(choice="cast:string")
    assert "choice" not in frame.schema().treeString()
    assert [row["nested"]["price"] for row in rows(frame)] == ["1", "2.5", "high"]


def test_as_the_data_catalog_says(glue, folder, database):
    columns = [{"Name": "provider id", "Type": "bigint"}]
    client = glue.catalog().client
    client.create_table(DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}})
    frame = read(glue, folder).resolveChoice(choice="match_catalog", database=database, table_name="t")
    assert tree(frame)[0] == "|-- provider id: long"


def test_what_does_not_go_is_refused(glue, folder):
    frame = read(glue, folder)
    for arguments in (
        {"specs": [("provider id", "cast:long")], "choice": "make_cols"},
        {"specs": [("provider id", "cast:lnog")]},
        {"choice": "make_rows"},
        {"choice": "match_catalog"},
    ):
        try:
            frame.resolveChoice(**arguments)
        except ValueError:
            continue
        raise AssertionError(f"{arguments} was taken")


def test_to_a_data_frame_with_options(glue, folder):
    frame = read(glue, folder).toDF([ResolveOption("provider id", "Cast", "long")])
    assert dict(frame.dtypes)["provider id"] == "bigint"


def test_fields_without_any_value_are_dropped(glue, folder):
    frame = read(glue, folder)
    assert "|-- none: null" in tree(frame)
    assert "|-- none: null" not in tree(DropNullFields.apply(frame))
    typed = glue.spark_session.createDataFrame([(1, None)], "a int, b string")
    kept = DropNullFields.apply(DynamicFrame.fromDF(typed, glue, "typed"))
    assert [field.name for field in kept.schema()] == ["a", "b"], "it has a type"


def test_a_choice_is_written_as_json_with_its_own_values(glue, folder):
    out = folder + "/out"
    glue.write_dynamic_frame.from_options(read(glue, folder), "s3", {"path": out}, format="json")
    written = [json.loads(row[0]) for row in glue.spark_session.read.text(out).collect()]
    assert [one["provider id"] for one in written] == [10001, "10005", "no number"]
    again = glue.create_dynamic_frame.from_options("s3", {"paths": [out]}, format="json")
    assert tree(again)[:3] == tree(read(glue, folder))[:3]


def test_columnar_files_get_a_struct(glue, folder):
    out = folder + "/out"
    # A name with a blank is none in Parquet for Spark 3.1.
    frame = read(glue, folder).rename_field("provider id", "provider")
    glue.write_dynamic_frame.from_options(frame, "s3", {"path": out}, format="parquet")
    assert dict(glue.spark_session.read.parquet(out).dtypes)["provider"] == "struct<int:int,string:string>"
