"""What is in the files of a source, as a DataFrame with choices, and the records that could not be read.

Sources: "Data format options for inputs and outputs in AWS Glue for Spark", with the pages of each format. JSON's types are
found in the data: whole numbers are int or long, others double, and a field of several types is a choice. CSV is text, unless
a table of the Data Catalog has types; a column with values that are not of its type is a choice of that type and string.
"""

import json
import re
from typing import Any, NamedTuple, Optional
from urllib.parse import unquote

from pyspark import StorageLevel
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import choices, fields, missing, records

FORMATS = ("csv", "json", "parquet", "glueparquet", "orc")
# Options that make AWS's own readers faster, and change no result.
ACCEPTED = ("optimizePerformance", "useGlueParquetWriter", "blockSize", "pageSize", "strictCheckForQuoting")
OPTIONS = {
    "csv": ("separator", "escaper", "quoteChar", "multiLine", "multiline", "withHeader", "skipFirst"),
    "json": ("multiLine", "multiline"),
    "parquet": (),
    "orc": (),
}
_PATTERN = re.compile(r"[{}\[\]*?\\]")
_FOLDER = "`folder of the file`"


class Found(NamedTuple):
    frame: Any
    errors: Optional[Any] = None


def format_named(name):
    """The format's name, if it is one that can be read and written. Raises NotHere or ValueError."""
    known = {one.lower(): one for one in (*FORMATS, *missing.FORMATS)}
    found = known.get((name or "").lower())
    if found in missing.FORMATS:
        raise missing.NotHere(f"The format {found!r}", missing.FORMATS[found])
    if found is None:
        raise ValueError(f"The format {name!r} is none of {', '.join(FORMATS)}")
    return "parquet" if found == "glueparquet" else found


def read(spark, source, file_format, options=None, columns=None):
    """`columns` of the Data Catalog, (name, type as text): names and types of a CSV's."""
    name, options = format_named(file_format), dict(options or {})
    _check(name, options)
    if not source.files:
        # As on AWS: a source with nothing new is a frame without fields.
        return Found(spark.createDataFrame([], T.StructType([])))
    reader = {"csv": _csv, "json": _json, "parquet": _columnar, "orc": _columnar}[name]
    return reader(spark, source, options, columns, name)


def _check(name, options):
    for option in options:
        if option in missing.FORMAT_OPTIONS:
            raise missing.NotHere(f"The format option {option!r}", missing.FORMAT_OPTIONS[option])
        if option not in (*OPTIONS[name], *ACCEPTED):
            raise ValueError(f"format_options: {option!r} is no option of {name} here; {', '.join(OPTIONS[name])} are")


def option(options, *names):
    for name in names:
        if name in options:
            return str(options[name])
    return None


def true(text):
    return (text or "").lower() == "true"


def _paths(source):
    """For Spark, to which some characters are a pattern."""
    return [_PATTERN.sub(r"\\\g<0>", file.uri) for file in source.files]


def _with_partitions(spark, frame, source):
    """The values of the partition keys, found by the folder of the file; a frame as it comes from the files."""
    if not source.keys:
        return frame
    rows = [(_folder_key(folder), list(values)) for folder, values in source.values.items()]
    known = spark.createDataFrame(rows, f"{_FOLDER} string, v array<string>")
    keys = [f"CAST(v[{n}] AS {kind}) AS {fields.quoted(name)}" for n, (name, kind) in enumerate(source.keys)]
    own = [name for name in frame.columns if name not in {key for key, _ in source.keys}]
    # The reverse of what input_file_name does to special characters, and of file:/ beside file:///.
    folder = F.udf(lambda uri: _folder_key(unquote(uri).rsplit("/", 1)[0]), "string")(F.input_file_name())
    placed = frame.withColumn(_FOLDER.strip("`"), folder)
    joined = placed.join(F.broadcast(known.selectExpr(_FOLDER, *keys)), _FOLDER.strip("`"))
    return joined.select(*[fields.quoted(name) for name in (*own, *[key for key, _ in source.keys])])


def _folder_key(folder):
    scheme, _, rest = folder.partition(":")
    return f"{scheme}:{rest.lstrip('/')}" if rest else folder


def _columnar(spark, source, options, columns, name):
    reader = spark.read.option("mergeSchema", "true") if len(source.files) > 1 else spark.read
    frame = getattr(reader, name)(*([_paths(source)] if name == "orc" else _paths(source)))
    return Found(_with_partitions(spark, frame, source))


def _csv(spark, source, options, columns, name):
    header, skip = true(option(options, "withHeader")), true(option(options, "skipFirst"))
    quote, escape = option(options, "quoteChar") or '"', option(options, "escaper")
    reader = (
        spark.read.option("sep", option(options, "separator") or ",")
        .option("header", header or skip)
        .option("quote", "" if quote == "-1" else quote)
        .option("escape", escape if escape and escape != "none" else quote if quote != "-1" else "\\")
        .option("multiLine", true(option(options, "multiLine", "multiline")))
        .option("mode", "PERMISSIVE")
    )
    if columns:
        names = [column for column, _ in columns]
        reader = reader.schema(T.StructType([T.StructField(one, T.StringType()) for one in names])).option(
            "enforceSchema", "true"
        )
    # As on AWS, an empty field is an empty string; where the Data Catalog has another type, it is null.
    frame = reader.csv(_paths(source)).na.fill("")
    if not columns and not header:
        frame = frame.toDF(*[f"col{n}" for n in range(len(frame.columns))])
    typed = _typed(frame, columns) if columns else frame
    return Found(_with_partitions(spark, typed, source))


def _typed(frame, columns):
    """Text as the types of the Data Catalog, where the text is of that type."""
    wanted = {name: fields.parse_type(kind) for name, kind in columns}
    others = {name: kind for name, kind in wanted.items() if not isinstance(kind, T.StringType)}
    if not others:
        return frame
    odd = _with_odd_values(frame, others)
    parts = []
    for name, kind in wanted.items():
        sql = fields.quoted(name)
        parts.append(
            (name, sql if name not in others else _choice_of_text(sql, kind) if name in odd else _parsed(sql, kind))
        )
    return fields.selected(frame, parts)


def _parsed(sql, kind):
    if isinstance(kind, (T.StructType, T.ArrayType, T.MapType)):
        return f"from_json({sql}, {fields.literal(fields.ddl(kind))})"
    # Spark would take 1.5 for an int, and cut it.
    return (
        f"CAST({sql} AS {fields.ddl(kind)})"
        if not _whole(kind)
        else (f"IF(trim({sql}) RLIKE '^[+-]?[0-9]+$', CAST({sql} AS {fields.ddl(kind)}), NULL)")
    )


def _whole(kind):
    return isinstance(kind, (T.ByteType, T.ShortType, T.IntegerType, T.LongType))


def _with_odd_values(frame, others):
    tests = []
    for name, kind in others.items():
        sql = fields.quoted(name)
        tests.append(f"max(trim({sql}) <> '' AND {_parsed(sql, kind)} IS NULL) AS {sql}")
    answer = frame.selectExpr(*tests).collect()[0]
    return {name for name in others if answer[name]}


def _choice_of_text(sql, kind):
    name, parsed = choices.name_of(kind), _parsed(sql, kind)
    alternatives = {name: parsed, "string": f"IF({parsed} IS NULL, {sql}, NULL)"}
    parts = [(choices.MARK + one, alternatives[one]) for one in sorted(alternatives)]
    return f"IF(coalesce(trim({sql}), '') = '', NULL, {fields.struct_of(parts)})"


def _json(spark, source, options, columns, name):
    whole = true(option(options, "multiLine", "multiline"))
    text = _with_partitions(spark, spark.read.text(_paths(source), wholetext=whole), source)
    keys, parse = text.schema.fields[1:], documents if whole else lines
    hint, names = T.StructType(list(keys)), [key.name for key in keys]

    def records_in(row):
        return parse(row[0], dict(zip(names, row[1:])))

    def look(rows):
        types, plain = records.Types(hint), not whole
        for row in rows:
            parsed = records_in(row)
            plain = plain and (not parsed or (len(parsed) == 1 and parsed[0][0] and row[0].lstrip()[0] == "{"))
            for good, record in parsed:
                if good:
                    types.add(record)
        yield types.schema, plain

    schema, plain = text.rdd.mapPartitions(look).fold(
        (T.StructType([]), True), lambda one, other: (choices.merge_structs(one[0], other[0]), one[1] and other[1])
    )
    schema = records.with_hints(schema, hint)
    if plain and not choices.has(schema, _only_in_python):
        return Found(_json_lines(text, schema, names))
    judged = text.rdd.flatMap(records_in).persist(StorageLevel.MEMORY_AND_DISK)
    good = judged.filter(lambda pair: pair[0]).map(lambda pair: pair[1])
    errors = judged.filter(lambda pair: not pair[0]).map(lambda pair: pair[1])
    return Found(records.frame_of(spark, good, schema=schema), errors)


def _only_in_python(data_type):
    """What Spark's own parser cannot give: choices, and fields that are null everywhere."""
    return choices.is_choice(data_type) or isinstance(data_type, (T.NullType, T.DecimalType))


def _json_lines(text, schema, keys):
    """A record in each line, of types that Spark has: parsed by Spark, which is faster."""
    own = T.StructType([field for field in schema.fields if field.name not in keys])
    if not own.fields:
        return text.drop("value")
    parsed = text.where("trim(value) <> ''").withColumn("value", F.from_json("value", own))
    return parsed.select("value.*", *[fields.quoted(key) for key in keys])


def lines(text, more):
    """The records of one line, each as records.attempt tells it."""
    return documents(text, more) if text.strip() else []


def documents(text, more):
    """The JSON documents that follow each other in a text; of an array, its elements."""
    found, at, decoder = [], 0, json.JSONDecoder()
    text = text.lstrip("\ufeff")
    while True:
        at = len(text) - len(text[at:].lstrip(" \t\r\n,"))
        if at >= len(text):
            return found
        try:
            document, at = decoder.raw_decode(text, at)
        except ValueError as problem:
            return [*found, (False, records.error(problem, {"text": text[at:]}))]
        for one in document if isinstance(document, list) else [document]:
            if isinstance(one, dict):
                found.append((True, {**one, **more}))
            else:
                found.append((False, records.error(ValueError("a record is a JSON object"), {"text": json.dumps(one)})))
