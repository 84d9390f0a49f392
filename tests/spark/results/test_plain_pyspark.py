"""A Glue job finds and leaves on s3:// what plain PySpark, with its own defaults, finds and leaves on the local disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.spark.results.conftest import ONE_VERSION, succeeded
from tests.spark.runtime.conftest import DATA, SparkAccount
from tests.support.spark import OPENED, python

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
KINDS = ["a", "b c", "d%2Fe%3D%2520한"]  # as folders
Found = dict[str, Any]


def plain(version: str, folder: Path) -> Found:
    """By the interpreter of that version and nothing else. Spark 3.1.1 must be let into a newer Java."""
    opened = " ".join(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED)
    arguments = {"3.0": f'--driver-java-options "{opened} -Dio.netty.tryReflectionSetAccessible=true" pyspark-shell'}
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "SPARK", "PYSPARK"))
    }
    environment = {
        **kept, "PYSPARK_PYTHON": str(python(version)), "SPARK_LOCAL_IP": "127.0.0.1", "TZ": "UTC",
        **({"PYSPARK_SUBMIT_ARGS": arguments[version]} if version in arguments else {}),
    }  # fmt: skip
    command = [python(version), SCRIPTS / "formats.py", "--root", f"file://{folder}/out"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-6000:]
    # Spark says something, too.
    return dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))


@pytest.fixture(scope="module", params=ONE_VERSION)
def outcome(
    request: pytest.FixtureRequest, aws: SparkAccount, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Found, Found]:
    """What plain PySpark says, and what the Glue job says, which goes on with DynamicFrames."""
    version, place, database = request.param, f"formats-{uuid.uuid4().hex[:8]}", f"db_{uuid.uuid4().hex[:8]}"
    aws.glue.create_database(DatabaseInput={"Name": database})
    library = aws.put(f"{place}-lib/formats.py", (SCRIPTS / "formats.py").read_bytes())
    name = aws.spark_job(
        (SCRIPTS / "dynamic_frames.py").read_text(), version, DefaultArguments={"--extra-py-files": library}
    )
    run_id = aws.start(name, Arguments={"--root": f"s3://{DATA}/{place}", "--database": database})
    expected = plain(version, tmp_path_factory.mktemp(f"plain-{version}"))
    said = dict(succeeded(aws, aws.ended(name, run_id, 300)))
    assert not [
        key for key in aws.keys(place + "/") if "_temporary" in key or ".spark-staging" in key or key.endswith("/")
    ]
    return expected, said


def test_rows_schemas_and_files_are_those_of_plain_pyspark(outcome: tuple[Found, Found]) -> None:
    expected, said = outcome
    assert len(expected) == 9 * 2 + 5 * 2 + 2
    for name, value in expected.items():
        assert said[name] == value, name


def test_write_modes_do_what_they_are_called(outcome: tuple[Found, Found]) -> None:
    """On ten rows come three more, of which two have partitions of their own."""
    _, said = outcome
    assert said["errorifexists refused"] is True
    gone = {n for n in range(10) for m in (100, 101, 102) if (n % 3, n % 2) == (m % 3, m % 2)}
    counts = {mode: len(said[mode]["rows"]) for mode in ("errorifexists", "ignore", "append", "overwrite", "dynamic")}
    assert counts == {"errorifexists": 10, "ignore": 10, "append": 13, "overwrite": 3, "dynamic": 13 - len(gone)}
    ids = {json.loads(row)["id"] for row in said["dynamic"]["rows"]}
    assert ids >= {100, 101, 102}
    assert ids.isdisjoint(gone), "the partitions that were written are replaced, no other"


def values(found: Found, drop: tuple[str, ...] = ()) -> list[Found]:
    return [{key: value for key, value in json.loads(row).items() if key not in drop} for row in found["rows"]]


def ordered(rows: list[Found]) -> list[Found]:
    return sorted(rows, key=lambda row: int(row["id"]))


@pytest.mark.parametrize("form", ["parquet", "orc", "json", "json.gz", "csv", "csv.gz"])
def test_dynamic_frames_read_what_plain_pyspark_reads(outcome: tuple[Found, Found], form: str) -> None:
    expected, said = outcome
    read, wanted = ordered(values(said[f"read {form}"])), ordered(values(expected[form], drop=("kind",)))
    if form in ("parquet", "orc"):
        assert said[f"read {form}"]["schema"] == re.sub(",kind:string", "", expected[form]["schema"])
    if form.startswith("csv"):
        assert [row["id"] for row in read] == [str(row["id"]) for row in wanted]
        assert [row["text"] for row in read] == [row["text"] for row in wanted]
        assert [row["yes"] for row in read] == [str(row["yes"]).lower() for row in wanted]
        assert [row["none"] for row in read] == ["" if row["none"] is None else str(row["none"]) for row in wanted]
    elif form.startswith("json"):
        assert [{**row, "none": row.get("none")} for row in read] == [
            {**row, "none": row.get("none")} for row in wanted
        ]
    else:
        assert read == wanted


@pytest.mark.parametrize("form", ["parquet", "glueparquet", "orc", "json", "csv"])
def test_dynamic_frames_write_what_plain_pyspark_writes(outcome: tuple[Found, Found], form: str) -> None:
    expected, said = outcome
    plain_form = form.replace("glue", "")
    assert said[f"written {form}"]["schema"] == expected[plain_form]["schema"]
    assert said[f"written {form}"]["rows"] == expected[plain_form]["rows"]
    assert said[f"written {form} folders"] == [f"/kind={kind}" for kind in KINDS]


@pytest.mark.parametrize("form", ["glueparquet", "json"])
def test_tables_of_the_data_catalog_hold_the_same(outcome: tuple[Found, Found], form: str) -> None:
    expected, said = outcome
    assert values(said[f"table {form}"]) == values(expected[form.replace("glue", "")])
    assert said[f"part of {form}"] == [n for n in range(24) if n % 3 != 1]
    assert said[f"more of {form}"] == [*range(24), 200, 201]
