"""Files as Glue writes them: run-<digits>-part-r-NNNNN, no _SUCCESS, beside what is there already.

Spark writes into a staging folder inside the target, and its files are then renamed to their places, so that a failed write
leaves nothing there. On S3 the file system keeps such a folder on its own disk: the rename is the one upload.
Source: "Data format options", "Amazon S3 connections" (partitionKeys, compression); names as on AWS.
"""

import json
import re
import time
import uuid
from typing import List, NamedTuple
from urllib.parse import unquote

from pyspark.sql import types as T

from awsglue import choices, fields, records
from awsglue.files import Files
from awsglue.mapping import cast
from awsglue.readers import format_named, option, true

OPTIONS = {
    "csv": ("separator", "escaper", "quoteChar", "writeHeader", "withHeader"),
    "json": (),
    "parquet": ("compression", "blockSize", "pageSize", "useGlueParquetWriter"),
    "orc": ("compression",),
}
_PART = re.compile(r"^part-(\d+)-.*")
_CODECS = {"gzip": ".gz", "bzip2": ".bz2", "bzip": ".bz2"}


class Written(NamedTuple):
    files: List[str]
    partitions: List[List[str]]  # the values of the partition keys, each once


def write(frame, path, file_format, options=None, partition_keys=(), compression=None):
    """`frame` is a DataFrame with choices marked."""
    name, options, path = format_named(file_format), dict(options or {}), path.rstrip("/")
    for given in options:
        if given not in OPTIONS[name]:
            raise ValueError(f"format_options: {given!r} is no option for writing {name} here")
    for key in partition_keys:
        if key not in frame.columns:
            raise ValueError(f"partitionKeys: there is no field {key!r}")
    if not frame.columns:
        return Written([], [])
    files, run = Files(_session(frame)), str(int(time.time() * 1000))
    staging = f"{path}/.spark-staging-{uuid.uuid4().hex}"
    try:
        codec = compression or options.get("compression")
        _writer(frame, name, options, codec, partition_keys)(staging)
        return _moved(files, staging, path, run, name, codec, len(partition_keys))
    finally:
        files.delete(staging)


def _session(frame):
    return getattr(frame, "sparkSession", None) or frame.sql_ctx.sparkSession


def _writable(frame, name):
    """Without what a format cannot hold: no file has a type null, and columnar files and CSV have no choice."""
    frame = fields.rewritten(frame, lambda steps, sql, data_type: [] if isinstance(data_type, T.NullType) else None)
    if name == "csv":
        return fields.rewritten(frame, _as_text)
    return fields.rewritten(frame, fields.choice_as_struct)


def _as_text(steps, sql, data_type):
    return [(steps[-1], cast(sql, data_type, T.StringType()))] if choices.is_choice(data_type) else None


def _as_json_text(frame, partition_keys):
    """A column of text: each record with the value that it has, whatever its type."""
    schema, keys = frame.schema, list(partition_keys)

    def text(row):
        record = records.from_row(row, schema)
        inside = {key: value for key, value in record.items() if value is not None and key not in keys}
        return (json.dumps(inside, default=str, ensure_ascii=False), *[record[key] for key in keys])

    columns = [T.StructField("value", T.StringType()), *[schema[key] for key in keys]]
    return _session(frame).createDataFrame(frame.rdd.map(text), T.StructType(columns), verifySchema=False)


def _writer(frame, name, options, codec, partition_keys):
    """A function that writes to a path."""
    if name == "json" and choices.has_choice(frame.schema):
        name, frame = "text", _as_json_text(frame, partition_keys)
    else:
        frame = _writable(frame, name)
    writer = frame.write.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    if codec:
        writer = writer.option("compression", "bzip2" if codec == "bzip" else codec)
    if partition_keys:
        writer = writer.partitionBy(*partition_keys)
    if name == "csv":
        quote = option(options, "quoteChar") or '"'
        writer = (
            writer.option("header", true(option(options, "writeHeader", "withHeader") or "true"))
            .option("sep", option(options, "separator") or ",")
            .option("quote", "\u0000" if quote == "-1" else quote)
            .option("escape", option(options, "escaper") or (quote if quote != "-1" else "\\"))
            .option("emptyValue", "")
        )
    return getattr(writer, name)


def _moved(files, staging, path, run, name, codec, depth):
    pairs, partitions = [], {}
    staged = files.qualified(staging)
    for one in files.of(staging):
        if not one.size:
            continue
        inside = one.uri[len(staged) + 1 :].split("/")
        number = int(_PART.sub(r"\1", inside[-1]))
        folder = inside[:-1]
        target = "/".join([path, *folder, _file_name(run, number, name, codec)])
        taken = {done for _, done in pairs}
        while target in taken:
            number += 10000
            target = "/".join([path, *folder, _file_name(run, number, name, codec)])
        pairs.append((one.uri, target))
        if depth:
            partitions[tuple(partition_value(part) for part in folder)] = True
    files.rename(pairs)
    return Written([target for _, target in pairs], [list(values) for values in partitions])


def _file_name(run, number, name, codec):
    if name == "parquet":
        return f"run-{run}-part-block-0-r-{number:05}-{codec or 'snappy'}.parquet"
    return f"run-{run}-part-r-{number:05}{_CODECS.get(codec, '') if name != 'orc' else ''}"


def partition_value(part):
    return unquote(part.partition("=")[2])
