"""The pure parts of a crawl: patterns, formats, types, grouping."""

from __future__ import annotations

import bz2
import gzip
import io
import json
from typing import Any

import pytest

from localstack_glue.service.crawlers import definitions, history
from localstack_glue.service.crawlers.crawl import samples
from localstack_glue.service.crawlers.crawl.formats import Schema, avro, csv
from localstack_glue.service.crawlers.crawl.formats import json as json_format
from localstack_glue.service.crawlers.crawl.globs import excluder
from localstack_glue.service.crawlers.crawl.grouping import File, Grouping
from localstack_glue.service.crawlers.crawl.objects import Object, Place, Unreachable
from localstack_glue.service.crawlers.crawl.samples import Sample
from localstack_glue.service.crawlers.crawl.types import Array, Struct, hive, merged, of_json, similarity
from localstack_glue.service.crawlers.engine import CrawlerEngine
from localstack_glue.service.crawlers.store import CrawlerStore
from localstack_glue.service.errors import InvalidInput
from localstack_glue.service.owner import Owner

OWNER = Owner("000000000000", "us-east-1")


def sample(text: str | bytes, whole: bool = True) -> Sample:
    data = text if isinstance(text, bytes) else text.encode()
    return Sample(data, whole, "none", len(data))


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.csv", "a.csv", "x/a.csv"),
        ("**.csv", "x/y/a.csv", "a.csvx"),
        ("*.*", "a.b", "ab"),
        ("*.{csv,avro}", "a.avro", "a.json"),
        ("foo.?", "foo.a", "foo.ab"),
        ("myfolder/*", "myfolder/a", "myfolder/x/a"),
        ("myfolder/*/*", "myfolder/x/a", "myfolder/a"),
        ("myfolder/**", "myfolder/x/y/a", "other/a"),
        ("employees/200[0-4]/**", "employees/2003/a", "employees/2005/a"),
        ("**/[!_]*", "x/a", "x/_a"),
        (r"a\*b", "a*b", "axb"),
        (".hidden", ".hidden", "hidden"),
        ("{a,b", "a", "c"),
    ],
)
def test_exclude_patterns(pattern, matching, other):
    excluded = excluder([pattern])
    assert excluded(matching)
    assert not excluded(other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 2, "int"),
        (1, 1 << 40, "bigint"),
        (1, 1.5, "double"),
        (1, "x", "string"),
        (True, 1, "string"),
        (None, True, "boolean"),
        (None, None, "string"),
        ([1], [1.5], "array<double>"),
        ([], [], "array<string>"),
        ([1], {"a": 1}, "string"),
        ({"A": 1}, {"a": None}, "struct<a:int>"),
        ([{"A": 1}], [{"a": 1.5}], "array<struct<a:double>>"),
        (1 << 70, 1, "double"),
    ],
)
def test_types_of_two_values(one, other, expected):
    assert hive(merged(of_json(one), of_json(other))) == hive(merged(of_json(other), of_json(one))) == expected


def test_similarity():
    assert similarity({}, {}) == 1.0
    assert similarity({"a": "int"}, {"a": "bigint"}) == 1.0
    assert similarity({"a": "int"}, {"a": "string"}) == 0.0
    assert similarity({"a": "int", "b": "string"}, {"a": "int"}) == 0.5
    assert similarity({"a": Struct({"x": "int"})}, {"a": Array("int")}) == 0.0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Id,Name\n1,a\n2,b\n", ["id", "name"]),
        ("a,b\nc,d\n", ["col0", "col1"]),  # all strings: the first row does not differ
        ("1,2\n3,4\n", ["col0", "col1"]),
        ("id,name,\n1,a,\n2,b,\n", ["id", "name", "col2"]),  # a delimiter at the end of each line
        ("x" * 150 + ",b\n1,2\n", ["col0", "col1"]),
        ("id,ID,name\n1,2,a\n", ["id", "id_1", "name"]),
        ('"Id","Full, name"\n1,"x\ny"\n', ["id", "full, name"]),
        ("fecha de recuperación;edad\nhoy;3\n", ["fecha de recuperación", "edad"]),
        ("a\x01b\n1\x012\n", ["a", "b"]),
    ],
)
def test_headers(text, names):
    schema = csv.classify(sample(text), len(text))
    assert schema
    assert list(schema.columns) == names


@pytest.mark.parametrize(
    "text", ["", "one column\nonly\n", "a,b\n", "a,b\nc\nd,e,f\n", b"a,b\n\xff\xfe,c\n", b"a,b\n\x00,c\n"]
)
def test_what_is_no_csv(text):
    assert csv.classify(sample(text), len(text)) is None


def test_cells():
    rows = "i,d,b,s,e,when\n007,1e3,TRUE,x,,2023-04-29\n-5,.5,false,1,,2023-04-30\n"
    schema = csv.classify(sample(rows), len(rows))
    assert schema
    assert {name: hive(kind) for name, kind in schema.columns.items()} == {
        "i": "bigint",
        "d": "double",
        "b": "boolean",
        "s": "string",
        "e": "string",
        "when": "string",
    }


def test_a_csv_cut_off_in_its_middle_counts_whole_rows():
    text = "id,n\n" + "12345,x\n" * 100 + "12"
    schema = csv.classify(sample(text, whole=False), len(text) * 10)
    assert schema
    assert schema.columns == {"id": "bigint", "n": "string"}
    assert 900 < schema.records < 1100


def test_a_custom_csv_classifier():
    text = "#1#^#x^y#\n#2#^#z#\n"
    plain = {"Name": "c", "Delimiter": "^", "QuoteSymbol": "#", "ContainsHeader": "ABSENT", "Header": ["Id", "Text"]}
    schema = csv.classify(sample(text), len(text), plain)
    assert schema
    assert schema.columns == {"id": "bigint", "text": "string"}
    assert schema.library.endswith("OpenCSVSerde")
    assert schema.serde == {"separatorChar": "^", "quoteChar": "#", "serialization.format": "1"}
    typed = {**plain, "CustomDatatypeConfigured": True, "CustomDatatypes": ["STRING"], "Serde": "LazySimpleSerDe"}
    schema = csv.classify(sample(text), len(text), typed)
    assert schema
    assert (schema.columns["id"], schema.library.endswith("LazySimpleSerDe")) == ("string", True)
    single = {"Name": "c", "AllowSingleColumn": True, "ContainsHeader": "PRESENT"}
    schema = csv.classify(sample("word\na\nb\n"), 9, single)
    assert schema
    assert (schema.columns, schema.records) == ({"word": "string"}, 2)


def test_json_one_after_the_other():
    pretty = json.dumps({"a": 1, "b": {"C": "x"}}, indent=2) * 2
    schema = json_format.classify(sample(pretty), len(pretty))
    assert schema
    assert (schema.columns, schema.records) == ({"a": "int", "b": Struct({"c": "string"})}, 2)


@pytest.mark.parametrize(
    "text", ["{", "[", "{]", "[1, 2", '{"a": 1} x\ny\nz\n', "text", b"{\xff\xff\xff\xff\xff}", "[]", "{" * 5000]
)
def test_what_is_no_json(text):
    assert json_format.classify(sample(text), len(text)) is None


def test_a_json_array_cut_off_in_its_middle():
    text = json.dumps([{"a": at} for at in range(100)])[:500]
    schema = json_format.classify(sample(text, whole=False), 5000)
    assert schema
    assert hive(schema.columns["array"]) == "array<struct<a:int>>"


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("$[*]", [{"id": 1}, {"id": 2}]),
        ("$.rows[*]", {"rows": [{"id": 1}, {"id": 2}]}),
        ("$.*", {"a": {"id": 1}, "b": {"id": 2}}),
        ("$[*].x", [{"x": {"id": 1}}, {"x": {"id": 2}}]),
    ],
)
def test_json_paths(path, document):
    text = json.dumps(document)
    schema = json_format.classify(sample(text), len(text), path)
    assert schema
    assert (schema.columns, schema.records) == ({"id": "int"}, 2)


def zigzag(number: int) -> bytes:
    value, out = (number << 1) ^ (number >> 63), b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def avro_file(schema: dict[str, Any], blocks: list[tuple[int, bytes]]) -> bytes:
    text = json.dumps(schema).encode()
    header = avro.MAGIC + zigzag(1) + zigzag(11) + b"avro.schema" + zigzag(len(text)) + text + zigzag(0)
    mark = b"m" * 16
    return header + mark + b"".join(zigzag(count) + zigzag(len(data)) + data + mark for count, data in blocks)


def test_avro():
    fields = [
        {"name": "Id", "type": "long"},
        {"name": "maybe", "type": ["null", "string"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2}},
        {"name": "tags", "type": {"type": "map", "values": {"type": "array", "items": "int"}}},
        {"name": "in", "type": {"type": "record", "name": "In", "fields": [{"name": "x", "type": "double"}]}},
        {"name": "again", "type": "In"},
    ]
    data = avro_file({"type": "record", "name": "R", "fields": fields}, [(2, b"x" * 40), (3, b"y" * 60)])
    schema = avro.classify(sample(data), len(data))
    assert schema
    assert [hive(kind) for kind in schema.columns.values()] == [
        "bigint",
        "string",
        "timestamp",
        "decimal(8,2)",
        "map<string,array<int>>",
        "struct<x:double>",
        "struct<x:double>",
    ]
    assert schema.records == 5
    assert json.loads(schema.parameters["avro.schema.literal"])["name"] == "R"
    assert avro.classify(sample(avro.MAGIC + b"\x02nonsense"), 20) is None


class OneObject:
    """A store that knows one object."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self, found: Object) -> io.BytesIO:
        return io.BytesIO(self.data)


@pytest.mark.parametrize(("compress", "name"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (bytes, "none")])
def test_samples(compress, name):
    content = b"0123456789" * 50_000
    data = compress(content) + (compress(b"more") if name != "none" else b"more")
    taken = samples.take(OneObject(data), Object("b", "k", len(data)))  # type: ignore[arg-type]
    assert (taken.data, taken.whole, taken.compression) == (content + b"more", True, name)
    part = samples.take(OneObject(data), Object("b", "k", len(data)), 1000)  # type: ignore[arg-type]
    assert part.data.startswith(content[:1000])


@pytest.mark.parametrize("data", [b"\x1f\x8bnothing of the kind", bz2.compress(b"cut off" * 99)[:30]])
def test_a_damaged_file(data):
    with pytest.raises(samples.Unreadable):
        samples.take(OneObject(data), Object("b", "k", 20))  # type: ignore[arg-type]


def datasets(keys: dict[str, str], place: str = "s3://b/in", grouping: Grouping = Grouping()) -> dict[str, Any]:  # noqa: B008
    """Roots to (keys, values) for objects whose only column has that name."""
    files = [File(Object("b", key, 1), Schema("json", columns={name: "int"}, records=1)) for key, name in keys.items()]
    found = grouping.datasets(Place.parse(place), files)
    return {each.location: (each.partition_keys, sorted(part.values for part in each.parts)) for each in found}


def test_the_guides_examples():
    sales = [f"sales/year=2019/month={month}/day={day}/f" for month in ("Jan", "Feb") for day in (1, 2)]
    values = [("2019", month, day) for month in ("Feb", "Jan") for day in ("1", "2")]
    assert datasets(dict.fromkeys(sales, "a"), "s3://b/sales") == {"s3://b/sales/": (["year", "month", "day"], values)}
    folder1 = [f"folder1/table1/partition{at}/f" for at in (1, 2, 3)] + [
        f"folder1/table2/partition{at}/f" for at in (4, 5)
    ]
    (found,) = datasets(dict.fromkeys(folder1, "a"), "s3://b/folder1/").values()
    assert found[0] == ["partition_0", "partition_1"]
    assert set(datasets(dict.fromkeys(folder1[:3], "a"), "s3://b/folder1/table1/")) == {"s3://b/folder1/table1/"}


def test_files_beside_folders_are_tables_of_their_own():
    assert datasets({"in/top.json": "a", "in/x/f": "a", "in/y/f": "a"}) == {
        "s3://b/in/": (["partition_0"], [("x",), ("y",)]),
        "s3://b/in/top.json": ([], [()]),
    }


def test_depths_that_differ_are_not_alike():
    assert set(datasets({"in/x/f": "a", "in/y/z/f": "a"})) == {"s3://b/in/x/", "s3://b/in/y/"}


def test_names_of_keys_that_differ_are_not_alike():
    assert set(datasets({"in/day=1/f": "a", "in/month=1/f": "a"})) == {"s3://b/in/day=1/", "s3://b/in/month=1/"}


def test_stops_keep_a_table_where_it_is():
    keys = {"in/a/day=2/f": "x"}
    assert set(datasets(keys)) == {"s3://b/in/"}
    assert set(datasets(keys, grouping=Grouping(stops=frozenset({"in/a"})))) == {"s3://b/in/a/"}


def test_levels():
    keys = {"in/a/day=1/f": "x", "in/a/day=2/f": "x", "in/a/odd/1/f": "x", "in/b/day=1/f": "x", "in/f": "x"}
    assert datasets(keys, grouping=Grouping(level=3)) == {
        "s3://b/in/a/": (["day"], [("1",), ("2",)]),
        "s3://b/in/a/odd/1/": ([], [()]),
        "s3://b/in/b/": (["day"], [("1",)]),
        "s3://b/in/f": ([], [()]),
    }


def test_a_whole_bucket_and_a_single_object():
    assert set(datasets({"f": "x"}, "s3://b")) == {"s3://b/"}
    assert set(datasets({"in/f": "x"}, "s3://b/in/f")) == {"s3://b/in/"}
    with pytest.raises(Unreachable):
        Place.parse("http://b/in")


def test_configurations():
    assert definitions.configuration({"Configuration": '{"Version": 1.0}'}) == {"Version": 1.0}
    for text in ("[]", "{", '{"Version": 1.0, "Other": 1}', '{"Version": 1.0, "Grouping": []}'):
        with pytest.raises(InvalidInput):
            definitions.configuration({"Configuration": text})


def test_a_summary_is_short_however_many_tables():
    assert len(history.summary({"ADD": [f"table_{at}" for at in range(1000)]}, {"ADD": 10**9})) < 255


def test_history_filters():
    crawl = {"CrawlId": "c", "State": "COMPLETED", "StartTime": 10.0, "EndTime": 20.0, "DPUHour": 0.5}

    def passing(field: str, operator: str, value: str) -> bool:
        return bool(history.filtered([crawl], [{"FieldName": field, "FilterOperator": operator, "FieldValue": value}]))

    assert passing("START_TIME", "EQ", "10000") and not passing("END_TIME", "LT", "20000")
    assert passing("DPU_HOUR", "GE", "0.5") and not passing("STATE", "EQ", "FAILED")
    with pytest.raises(InvalidInput):
        passing("START_TIME", "EQ", "yesterday")


def test_an_ending_that_nobody_heard_is_still_known(tmp_path):
    store = CrawlerStore(tmp_path)
    store.create(OWNER, {"Name": "c", "DatabaseName": "d", "Targets": {"S3Targets": [{"Path": "s3://b/in"}]}})
    document = store.document(OWNER, "c")
    document["Crawls"] = [{"CrawlId": "over", "State": "FAILED"}, {"CrawlId": "going", "State": "RUNNING"}]
    store.documents.put(OWNER, document)
    again = CrawlerEngine(CrawlerStore(tmp_path), None, None, None)  # type: ignore[arg-type]
    assert again.outcome(OWNER, "c", "over") == ("FAILED", {"CrawlId": "over", "State": "FAILED"})
    assert again.outcome(OWNER, "c", "going") is None
