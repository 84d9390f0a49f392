"""What is in S3, read without Spark."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.spark.runtime.conftest import DATA, SparkAccount
from tests.support.localstack import VENVS, run_python

PYARROW = VENVS / "glue-spark-4.0/bin/python"
_ROWS = (
    "import json, sys\nfrom pyarrow import parquet\n"
    "for name in sys.argv[1:]:\n    for row in parquet.ParquetFile(name).read().to_pylist():\n"
    "        print(json.dumps([name, row], default=str))\n"
)
Row = dict[str, Any]


def parquet(aws: SparkAccount, prefix: str) -> list[Row]:
    """The records of all files below, each with the partition that its path tells."""
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, key in enumerate(key for key in aws.keys(prefix) if key.endswith(".parquet")):
            file = str(Path(folder) / f"{number}.parquet")
            aws.s3.download_file(DATA, key, file)
            names[file] = key
        lines = run_python(PYARROW, _ROWS, *names).splitlines() if names else []
    pairs = [json.loads(line) for line in lines]
    return [row | partition(names[name]) for name, row in pairs]


def partition(key: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in key.split("/") if "=" in part)  # type: ignore[misc]


def json_lines(aws: SparkAccount, prefix: str) -> list[Row]:
    bodies = [aws.s3.get_object(Bucket=DATA, Key=key)["Body"].read() for key in aws.keys(prefix)]
    return [json.loads(line) for body in bodies for line in body.splitlines()]
