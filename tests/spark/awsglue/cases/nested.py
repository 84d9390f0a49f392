"""Records of a legislature, in small: choices, nesting, arrays. After the examples of AWS's guide, with data of its own."""

import json
import os

from awsglue.transforms import (
    ApplyMapping,
    Join,
    Relationalize,
    RenameField,
    SelectFields,
    SelectFromCollection,
    UnnestFrame,
)

PERSONS = [
    {
        "id": "p1",
        "name": "Ada",
        "born": 1815,
        "contacts": [{"type": "fax", "value": "555-1"}, {"type": "phone", "value": "555-2"}],
        "other_names": ["A. L.", "Countess"],
        "home": {"city": "London", "geo": {"lat": 51.5, "lon": 0}},
    },
    {"id": "p2", "name": "Alan", "born": 1912, "contacts": [{"type": "phone", "value": "555-3"}], "home": None},
    {"id": "p3", "name": "Grace", "born": 1906, "contacts": [], "other_names": None},
]
MEMBERSHIPS = [{"person_id": "p1", "organization_id": "o1"}, {"person_id": "p3", "organization_id": "o1"}]
ORGANIZATIONS = [{"id": "o1", "name": "House", "seats": 435}]


def read(glue, folder, name, rows):
    path = os.path.join(folder, name)
    os.mkdir(path)
    with open(os.path.join(path, "data.json"), "w") as file:
        file.write("\n".join(map(json.dumps, rows)))
    return glue.create_dynamic_frame.from_options("s3", {"paths": [path]}, format="json")


def rows(frame):
    return [row.asDict(True) for row in frame.toDF().collect()]


def tree(frame):
    return frame.schema().treeString().splitlines()


def test_types_are_found_in_the_data(glue, folder):
    frame = read(glue, folder, "persons", PERSONS)
    assert frame.count() == 3
    assert tree(frame) == [
        "root",
        "|-- id: string",
        "|-- name: string",
        "|-- born: int",
        "|-- contacts: array",
        "|    |-- element: struct",
        "|    |    |-- type: string",
        "|    |    |-- value: string",
        "|-- other_names: array",
        "|    |-- element: string",
        "|-- home: struct",
        "|    |-- city: string",
        "|    |-- geo: struct",
        "|    |    |-- lat: double",
        "|    |    |-- lon: int",
    ]


def test_a_join_of_three_and_a_relationalized_result(glue, folder):
    persons = read(glue, folder, "persons", PERSONS)
    memberships = read(glue, folder, "memberships", MEMBERSHIPS)
    organizations = RenameField.apply(read(glue, folder, "organizations", ORGANIZATIONS), "id", "org_id")
    organizations = organizations.rename_field("name", "org_name")
    joined = Join.apply(
        organizations, Join.apply(persons, memberships, "id", "person_id"), "org_id", "organization_id"
    ).drop_fields(["person_id", "organization_id"])
    assert sorted(row["id"] for row in rows(joined)) == ["p1", "p3"]

    tables = Relationalize.apply(joined, staging_path=folder, name="hist")
    assert list(tables.keys()) == ["hist", "hist_contacts", "hist_other_names"]
    root = SelectFromCollection.apply(tables, "hist")
    assert tree(root) == [
        "root",
        "|-- org_id: string",
        "|-- org_name: string",
        "|-- seats: int",
        "|-- id: string",
        "|-- name: string",
        "|-- born: int",
        "|-- contacts: long",
        "|-- other_names: long",
        "|-- home.city: string",
        "|-- home.geo.lat: double",
        "|-- home.geo.lon: int",
    ]
    assert tree(tables.select("hist_contacts"))[1:] == [
        "|-- id: long",
        "|-- index: int",
        "|-- contacts.val.type: string",
        "|-- contacts.val.value: string",
    ]
    ada = next(row for row in rows(root) if row["id"] == "p1")
    contacts = {
        (row["index"], row["contacts.val.value"])
        for row in rows(tables["hist_contacts"])
        if row["id"] == ada["contacts"]
    }
    assert contacts == {(0, "555-1"), (1, "555-2")}
    names = sorted(row["other_names.val"] for row in rows(tables["hist_other_names"]))
    assert names == ["A. L.", "Countess"]
    grace = next(row for row in rows(root) if row["id"] == "p3")
    assert grace["other_names"] is None
    # Back together, as the guide does it.
    whole = root.toDF().join(tables["hist_contacts"].toDF().withColumnRenamed("id", "key"), root.toDF().contacts == 0)
    assert "contacts.val.type" in whole.columns


def test_an_array_in_an_array_is_a_table_of_its_own(glue, folder):
    frame = read(glue, folder, "x", [{"a": [{"b": [1, 2]}, {"b": [3]}]}])
    tables = frame.relationalize("r", folder)
    assert list(tables.keys()) == ["r", "r_a", "r_a.val.b"]
    inner = {(row["id"], row["index"]): row["a.val.b.val"] for row in rows(tables["r_a.val.b"])}
    of_first, of_second = [row["a.val.b"] for row in sorted(rows(tables["r_a"]), key=lambda row: row["index"])]
    assert inner == {(of_first, 0): 1, (of_first, 1): 2, (of_second, 0): 3}


def test_unnest_leaves_arrays(glue, folder):
    frame = UnnestFrame.apply(read(glue, folder, "persons", PERSONS))
    names = [field.name for field in frame.schema()]
    assert names == ["id", "name", "born", "contacts", "other_names", "home.city", "home.geo.lat", "home.geo.lon"]


def test_equal_names_in_a_join_get_a_dot(glue, folder):
    one = read(glue, folder, "one", [{"id": 1, "x": "a"}])
    other = read(glue, folder, "other", [{"id": 1, "x": "b"}])
    assert rows(one.join(["id"], ["id"], other)) == [{"id": 1, "x": "a", ".id": 1, ".x": "b"}]


def test_a_join_on_a_field_that_is_not_there_is_refused(glue, folder):
    one = read(glue, folder, "one", [{"id": 1}])
    try:
        one.join(["nope"], ["id"], one)
    except ValueError as problem:
        assert "'nope'" in str(problem)
    else:
        raise AssertionError("joined")


def test_apply_mapping(glue, folder):
    frame = read(glue, folder, "persons", PERSONS).unnest()
    mapped = ApplyMapping.apply(
        frame,
        [
            ("name", "string", "who.first name", "string"),
            ("`home.geo.lat`", "double", "who.lat", "decimal(5,2)"),
            ("born", "int", "`year.born`", "string"),
            ("home.city", "string", "nested", "string"),  # without backticks a path, and there is none
            ("missing", "string", "missing", "string"),
            ("contacts", "array", "contacts", "array"),
        ],
    )
    assert tree(mapped)[1:5] == [
        "|-- who: struct",
        "|    |-- first name: string",
        "|    |-- lat: decimal",
        "|-- year.born: string",
    ]
    first = rows(mapped)[0]
    assert set(first) == {"who", "year.born", "contacts"}
    assert (first["who"]["first name"], str(first["who"]["lat"]), first["year.born"]) == ("Ada", "51.50", "1815")
    nested = ApplyMapping.apply(read(glue, folder, "again", PERSONS), [("home.geo.lat", "double", "lat", "int")])
    assert [row["lat"] for row in rows(nested)] == [51, None, None]


def test_fields_are_selected_dropped_renamed_and_split_at_any_depth(glue, folder):
    frame = read(glue, folder, "persons", PERSONS)
    assert tree(SelectFields.apply(frame, ["name", "home.geo.lon"]))[1:] == [
        "|-- name: string",
        "|-- home: struct",
        "|    |-- geo: struct",
        "|    |    |-- lon: int",
    ]
    assert "|    |    |-- lat: double" not in tree(frame.drop_fields(["home.geo.lat"]))
    assert "|    |-- town: string" in tree(frame.rename_field("home.city", "home.town"))
    assert rows(frame.rename_field("home.city", "home.town"))[0]["home"]["town"] == "London"
    parts = frame.split_fields(["id", "born"], "keys", "rest")
    assert [field.name for field in parts["keys"].schema()] == ["id", "born"]
    assert "born" not in [field.name for field in parts["rest"].schema()]


def test_rows_are_split_by_comparisons(glue, folder):
    frame = read(glue, folder, "persons", PERSONS)
    parts = frame.split_rows({"born": {">": 1900, "<": 1910}}, "early", "other")
    assert [row["name"] for row in rows(parts["early"])] == ["Grace"]
    assert [row["name"] for row in rows(parts["other"])] == ["Ada", "Alan"]


def test_a_collection_is_mapped(glue, folder):
    tables = read(glue, folder, "persons", PERSONS).relationalize("r", folder)
    counts = tables.map(lambda frame, ctx: frame.select_fields(["id"], ctx))
    assert {name: len(frame.schema().fields) for name, frame in counts.items()} == dict.fromkeys(tables.keys(), 1)
    flat = tables.flatmap(lambda frame, ctx: frame.split_fields(["id"], "key" + ctx, "rest" + ctx))
    assert len(flat) == 2 * len(tables)


def test_union_and_merge(glue, folder):
    old = read(glue, folder, "old", [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}])
    new = read(glue, folder, "new", [{"id": 2, "v": 7}, {"id": 3, "v": 8}])
    assert "|-- v: choice" in tree(old.union(new))
    merged = old.mergeDynamicFrame(new, ["id"]).resolveChoice(choice="cast:string")
    assert sorted((row["id"], row["v"]) for row in rows(merged)) == [(1, "a"), (2, "7"), (3, "8")]
