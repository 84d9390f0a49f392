"""Job bookmarks from run to run: what is new is read, and nothing else."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.spark.results.conftest import GLUE_JOB, succeeded
from tests.spark.runtime.conftest import DATA, SparkAccount

# Prints the `n` of the records that each source has: by paths and by a table, both with a bookmark, and once without.
SCRIPT = (
    GLUE_JOB
    + """
options = getResolvedOptions(sys.argv, ["source", "database"])
read = glue.create_dynamic_frame
files = {"paths": [options["source"] + "files/"], "recurse": True}
csv = {"withHeader": True}
frames = [
    read.from_options("s3", files, "csv", csv, transformation_ctx="files"),
    read.from_catalog(options["database"], "parts", transformation_ctx="parts", push_down_predicate="day < '3'"),
    read.from_options("s3", files, "csv", csv),
]
frames = [frame.toDF() for frame in frames]
print(json.dumps([sorted(int(row.n) for row in frame.collect()) if frame.columns else [] for frame in frames]))
if "--no-commit" in sys.argv:
    raise ValueError("not committed")
job.commit()
"""
)


class Job:
    """A job with a source of its own, which grows."""

    def __init__(self, aws: SparkAccount, database: str) -> None:
        self._aws, self._database, self._root = aws, database, f"bookmarks-{uuid.uuid4().hex[:8]}"
        self.runs: list[dict[str, Any]] = []
        storage = {"Columns": [{"Name": "n", "Type": "string"}], "Location": f"s3://{DATA}/{self._root}/parts/"}
        aws.glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": "parts",
                "StorageDescriptor": storage,
                "PartitionKeys": [{"Name": "day", "Type": "string"}],
                "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
            },
        )
        self.name = aws.spark_job(
            SCRIPT, DefaultArguments={"--source": f"s3://{DATA}/{self._root}/", "--database": database}
        )

    def put(self, key: str, n: int) -> None:
        self._aws.put(f"{self._root}/{key}", f"n\n{n}\n".encode())

    def partition(self, day: str, n: int) -> None:
        self.put(f"parts/day={day}/x.csv", n)
        place = {"Columns": [{"Name": "n", "Type": "string"}], "Location": f"s3://{DATA}/{self._root}/parts/day={day}/"}
        self._aws.glue.batch_create_partition(
            DatabaseName=self._database,
            TableName="parts",
            PartitionInputList=[{"Values": [day], "StorageDescriptor": place}],
        )

    def run(self, option: str = "enable", **more: str) -> list[Any]:
        arguments = {"--job-bookmark-option": f"job-bookmark-{option}"}
        run_id = self._aws.start(self.name, Arguments={**arguments, **{f"--{key}": text for key, text in more.items()}})
        self.runs.append(self._aws.ended(self.name, run_id, 120))
        if "no-commit" in more:
            assert self.runs[-1]["ErrorMessage"] == "ValueError: not committed", self._aws.why(self.runs[-1])
            return list(json.loads(self._aws.output(self.runs[-1])))
        return list(succeeded(self._aws, self.runs[-1])[0])

    def entry(self, **run_id: str) -> dict[str, Any]:
        return dict(self._aws.glue.get_job_bookmark(JobName=self.name, **run_id)["JobBookmarkEntry"])


@pytest.fixture
def job(aws: SparkAccount, database: str) -> Job:
    return Job(aws, database)


def test_a_bookmark_from_run_to_run(aws: SparkAccount, job: Job) -> None:
    """The life of a bookmark, each step on top of the one before. Without a transformation_ctx there is none."""
    job.put("files/1.csv", 1)
    job.partition("1", 10)
    assert job.run(**{"no-commit": "1"}) == [[1], [10], [1]]
    assert job.run() == [[1], [10], [1]], "what was not committed is read again"
    first = job.runs[-1]["Id"]
    job.put("files/deep/2.csv", 2)
    assert job.run("pause") == [[2], [], [1, 2]]

    job.partition("2", 20)
    job.partition("3", 30)  # the predicate is not for it
    job.put("files/1.csv", 100)
    assert job.run() == [[2, 100], [20], [2, 100]], "new since the first run, which the paused one has not changed"
    second = job.runs[-1]["Id"]

    entry = job.entry()
    assert (entry["RunId"], entry["JobName"], entry["Attempt"]) == (second, job.name, 0)
    assert set(json.loads(entry["JobBookmark"])) == {"files", "parts"}
    assert job.entry(RunId=first)["RunId"] == first

    job.put("files/4.csv", 4)
    between = {"job-bookmark-from": first, "job-bookmark-to": second}
    assert job.run("pause", **between) == [[2, 100], [20], [2, 4, 100]], "what the second run had read"
    back = aws.glue.reset_job_bookmark(JobName=job.name, RunId=first)["JobBookmarkEntry"]
    assert (back["RunId"], back["JobBookmark"]) == (first, job.entry(RunId=first)["JobBookmark"])
    assert job.run() == [[2, 4, 100], [20], [2, 4, 100]]
    assert aws.glue.reset_job_bookmark(JobName=job.name)["JobBookmarkEntry"]["JobBookmark"] == "{}"


def test_a_range_of_a_run_that_is_not_there_is_refused(job: Job, aws: SparkAccount) -> None:
    arguments = {
        "--job-bookmark-option": "job-bookmark-pause", "--job-bookmark-from": "jr_1", "--job-bookmark-to": "jr_2",
    }  # fmt: skip
    run = aws.ended(job.name, aws.start(job.name, Arguments=arguments), 60)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("--job-bookmark-from is 'jr_1'; wanted: the id of a run of job ")
