"""What a Spark job's arguments ask for, beside what libraries.py knows.

Source: AWS Glue guide, "Using job parameters in AWS Glue jobs".
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .. import CannotStart, Fetch
from ..libraries import fetched, file_name, listed

if TYPE_CHECKING:
    from ...runs import Run

# Accepted, with nothing to do: the service ships logs as they come, and there is no console to show metrics.
ACCEPTED = (
    *("--enable-metrics", "--enable-observability-metrics", "--enable-job-insights", "--enable-auto-scaling"),
    *("--enable-continuous-cloudwatch-log", "--enable-continuous-log-filter", "--continuous-log-logGroup"),
    *("--enable-s3-parquet-optimized-committer", "--enable-rename-algorithm-v2"),
)
_TRUE = "true"
_FOLDER = re.compile(r"s3[an]?://[^/]+(/|$)")
# Read when the JVM starts.
_OF_JVM = ("spark.driver.extra", "spark.driver.default", "spark.jars", "spark.files", "spark.archives", "spark.submit.")


def refuse(arguments: Mapping[str, str]) -> None:
    """Raises CannotStart for what cannot be honoured and would change the outcome."""
    language = arguments.get("--job-language", "python").lower()
    if language != "python":
        raise CannotStart(
            f"--job-language is {language}: the local Glue service runs PySpark scripts only, and no {language.title()}. Nothing "
            "was run. Run it on AWS, or make it a Python script (--job-language python)."
        )
    place = arguments.get("--spark-event-logs-path", "")
    if arguments.get("--enable-spark-ui") == _TRUE and not _FOLDER.match(place):
        found = f"it is {place!r}" if place else "there is none"
        raise CannotStart(
            f"--enable-spark-ui needs --spark-event-logs-path, s3://bucket/prefix/; {found}. Nothing was run."
        )


def configuration(arguments: Mapping[str, str]) -> dict[str, str]:
    """The settings of `--conf`: "a=b --conf c=d --conf e=f" is how several are given on AWS. Raises CannotStart."""
    found: dict[str, str] = {}
    text = re.sub(r"^\s*--conf(\s+|=)", "", arguments.get("--conf", ""))
    for part in re.split(r"\s--conf(?:\s+|=)", text) if text.strip() else ():
        key, equals, value = part.strip().partition("=")
        if not equals or not re.fullmatch(r"\S+", key):
            raise CannotStart(
                f"--conf has {part.strip()!r}; wanted: key=value, several as `a=b --conf c=d`. Nothing was run."
            )
        found[key] = value.strip().strip("\"'")
    return found


def suit_any_jvm(arguments: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether a JVM that has started already will do, whose memory is right; `wanted` are the settings of --conf."""
    return not arguments.get("--extra-jars") and not any(name.startswith(_OF_JVM) for name in wanted)


def fetch_files(run: Run, work: Path, fetch: Fetch) -> None:
    """--extra-files, into the folder in which the script works, as on AWS. Raises CannotStart."""
    for number, uri in enumerate(listed(run.local["Arguments"].get("--extra-files", ""))):
        file = fetched(run, f"files/{number}", uri, fetch)
        shutil.copy(file, work / file_name(uri))


def jars(run: Run, fetch: Fetch) -> list[Path]:
    """--extra-jars, on disk. Raises CannotStart."""
    uris = listed(run.local["Arguments"].get("--extra-jars", ""))
    for uri in uris:
        if not uri.endswith(".jar"):
            raise CannotStart(f"--extra-jars names {uri}; wanted: files ending in .jar. Nothing was run.")
    return [fetched(run, f"jars/{number}", uri, fetch) for number, uri in enumerate(uris)]


def event_logs(arguments: Mapping[str, str]) -> str:
    """Where Spark's event log is to be put: s3://bucket/prefix, or "" for nowhere."""
    wanted = arguments.get("--enable-spark-ui") == _TRUE
    return arguments.get("--spark-event-logs-path", "").rstrip("/") if wanted else ""
