"""Which files a source has: below its paths, without the exclusions, in the partitions wanted, not read by the runs before.

Source: "Amazon S3 connections" (paths, exclusions, recurse, groupFiles ...), "Managing partitions for ETL output" (push-down
predicates), "Tracking processed data using job bookmarks".
"""

import fnmatch
import json
import re
from typing import Any, List, NamedTuple

from awsglue.bookmarks import BAND_S

# What AWS's reader does for its speed, or for S3 as it once was. Nothing to do here.
ACCEPTED = ("groupFiles", "groupSize", "maxFilesInBand", "useS3ListImplementation", "compressionType", "isFailFast")
_NUMBER = "`number of partition`"


class Partition(NamedTuple):
    values: List[Any]  # text, as the Data Catalog has it
    location: str


class Source(NamedTuple):
    """Files, and for each folder the values of the partition keys."""

    files: List[Any]
    keys: List[Any]  # (name, Spark type's name)
    values: Any  # {folder: values}


def of_paths(files, bookmark, context, options):
    paths = options.get("paths") or options.get("path") or []
    paths = [paths] if isinstance(paths, str) else list(paths)
    if not paths:
        raise ValueError("connection_options has no paths")
    # Without recurse AWS reads what lies in the folder itself.
    recurse = _true(options.get("recurse", False))
    found = []
    for path in paths:
        if not files.exists(path):
            raise FileNotFoundError(f"Path does not exist: {path}")
        found += files.of(path, recurse)
    return Source(_wanted(found, bookmark, context, options), [], {})


def of_table(spark, files, bookmark, context, table, predicate, options):
    """Only the partitions for which the predicate holds are listed and read."""
    if not table.partition_keys:
        return Source(_wanted(files.of(table.location), bookmark, context, options), [], {})
    found, values = [], {}
    for partition in matching(spark, table.partition_keys, table.partitions(options), predicate):
        for one in files.of(partition.location):
            found.append(one)
            values[one.folder] = partition.values
    return Source(_wanted(found, bookmark, context, options), table.partition_keys, values)


def matching(spark, keys, partitions, predicate):
    """The partitions for which the SQL predicate holds, evaluated by Spark on their values."""
    if not predicate or not partitions:
        return partitions
    columns = [f"CAST(v[{n}] AS {kind}) AS `{name}`" for n, (name, kind) in enumerate(keys)]
    rows = [(n, list(partition.values)) for n, partition in enumerate(partitions)]
    frame = spark.createDataFrame(rows, "n int, v array<string>").selectExpr(f"n AS {_NUMBER}", *columns)
    return [partitions[row[0]] for row in frame.where(predicate).select(_NUMBER).collect()]


def without_exclusions(found, patterns):
    """`patterns`: a list, or one as JSON."""
    patterns = json.loads(patterns) if isinstance(patterns, str) else patterns or []
    return [one for one in found if not any(_excluded(one.uri, pattern) for pattern in patterns)]


def _wanted(found, bookmark, context, options):
    kept = without_exclusions(found, options.get("exclusions"))
    band_s = float(options["maxBand"]) / 1000 if "maxBand" in options else BAND_S
    return bookmark.unread(context, kept, band_s, lambda new: _bounded(new, options))


def _bounded(found, options):
    """Bounded execution: so many files, or bytes, at most."""
    if "boundedFiles" in options:
        return found[: int(options["boundedFiles"])]
    if "boundedSize" in options:
        kept, left = [], int(options["boundedSize"])
        for one in found:
            left -= one.size
            if left < 0:
                break
            kept.append(one)
        return kept
    return found


def _excluded(uri, pattern):
    """Glob of a whole URI, or of the end of one: "**.pdf", "s3://bucket/folder/**"."""
    anchored = pattern if re.match(r"^[a-z0-9]+:", pattern) else "*" + pattern
    return fnmatch.fnmatchcase(uri, anchored)


def _true(value):
    return str(value).lower() == "true"
