"""Seeding a real LocalStack: what is there afterwards, and that a second time writes nothing."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from mwaa_local import seed as seeding
from mwaa_local.settings import ROOT

GENERATOR = """
import argparse, pathlib
options = argparse.ArgumentParser()
options.add_argument("--out", type=pathlib.Path)
options.add_argument("--text")
given = options.parse_args()
(given.out / "deep").mkdir()
(given.out / "deep" / "made.txt").write_text(given.text)
"""


class Project:
    """A project of its own, with names that no other test has, and the account it is seeded into."""

    def __init__(self, folder: Path, localstack) -> None:
        self.folder, self.localstack = folder, localstack
        self.mark = uuid.uuid4().hex[:8]
        self.bucket, self.job = f"in-{self.mark}", f"job_{self.mark}"
        self.s3, self.glue = localstack.client("s3"), localstack.client("glue")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def seed(self) -> seeding.Seeded:
        endpoint = self.localstack.endpoint
        return seeding.seed(endpoint=endpoint, region="us-east-1", project=self.folder, log=lambda _: None)

    def read(self, key: str, bucket: str = "") -> str:
        return self.s3.get_object(Bucket=bucket or self.bucket, Key=key)["Body"].read().decode()


@pytest.fixture
def project(tmp_path, localstack):
    made = Project(tmp_path, localstack)
    made.write(f"glue/{made.job}/job.yaml", "Command: {Name: pythonshell, PythonVersion: '3.9'}\nTimeout: 5\n")
    made.write(f"glue/{made.job}/script.py", "print('one')\n")
    made.write("data/a.txt", "a")
    made.write("generate.py", GENERATOR)
    made.write(
        "seed.yaml",
        f"""
objects:
  - {{from: data, to: s3://{made.bucket}/data/}}
generate:
  - {{script: generate.py, arguments: [--text, hello], to: s3://{made.bucket}/made}}
variables: {{a: 1}}
""",
    )
    return made


def test_everything_is_there_afterwards(project):
    seeded = project.seed()
    assert project.read("data/a.txt") == "a"
    assert project.read("made/deep/made.txt") == "hello"
    job = project.glue.get_job(JobName=project.job)["Job"]
    assert job["Command"]["ScriptLocation"] == f"s3://mwaa-local-assets/scripts/{project.job}/script.py"
    assert (job["Timeout"], job["Role"]) == (5, "arn:aws:iam::000000000000:role/mwaa-local-glue-role")
    assert project.read(f"scripts/{project.job}/script.py", "mwaa-local-assets") == "print('one')\n"
    assert project.bucket in seeded.buckets and seeded.jobs == [project.job]
    assert seeded.airflow == {"variables": {"a": 1}, "connections": {}}


def test_secrets_are_made_changed_and_left_alone(project):
    secrets, name = project.localstack.client("secretsmanager"), f"airflow/variables/{project.mark}"

    def value():
        return secrets.get_secret_value(SecretId=name)["SecretString"]

    project.write("seed.yaml", f"secrets: {{{name}: '0.8'}}\n")
    assert project.seed().secrets == [name] and value() == "0.8"
    version = secrets.get_secret_value(SecretId=name)["VersionId"]
    assert project.seed().secrets == []
    assert secrets.get_secret_value(SecretId=name)["VersionId"] == version
    project.write("seed.yaml", f"secrets: {{{name}: {{login: a}}}}\n")
    assert project.seed().secrets == [name] and json.loads(value()) == {"login": "a"}


def test_the_role_can_be_taken_on_by_glue_and_by_nobody_else(project):
    project.seed()
    iam = project.localstack.client("iam")
    role = iam.get_role(RoleName=seeding.ROLE)["Role"]
    document = role["AssumeRolePolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    assert [statement["Principal"] for statement in document["Statement"]] == [{"Service": "glue.amazonaws.com"}]
    attached = iam.list_attached_role_policies(RoleName=seeding.ROLE)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [seeding.GLUE_POLICY]


def test_a_second_time_writes_nothing(project):
    project.seed()
    before = project.s3.head_object(Bucket=project.bucket, Key="data/a.txt")["LastModified"]
    again = project.seed()
    assert (again.buckets, again.jobs, again.objects) == ([], [], [])
    assert again.unchanged == 4  # a script, an object, a generator, a job
    assert project.s3.head_object(Bucket=project.bucket, Key="data/a.txt")["LastModified"] == before


def test_only_what_changed_is_written(project):
    project.seed()
    project.write(f"glue/{project.job}/script.py", "print('two')\n")
    project.write("data/b.txt", "b")
    again = project.seed()
    assert again.objects == [
        f"s3://mwaa-local-assets/scripts/{project.job}/script.py",
        f"s3://{project.bucket}/data/b.txt",
    ]
    assert again.jobs == []
    assert project.read(f"scripts/{project.job}/script.py", "mwaa-local-assets") == "print('two')\n"


def test_a_changed_job_is_updated_and_keeps_its_runs(project):
    project.seed()
    run = project.glue.start_job_run(JobName=project.job)["JobRunId"]
    project.write(f"glue/{project.job}/job.yaml", "Command: {Name: pythonshell, PythonVersion: '3.9'}\nTimeout: 7\n")
    assert project.seed().jobs == [project.job]
    assert project.glue.get_job(JobName=project.job)["Job"]["Timeout"] == 7
    assert project.glue.get_job_run(JobName=project.job, RunId=run)["JobRun"]["Id"] == run


def test_what_somebody_else_overwrote_is_put_back(project):
    project.seed()
    project.s3.put_object(Bucket=project.bucket, Key="data/a.txt", Body=b"other")
    assert project.seed().objects == [f"s3://{project.bucket}/data/a.txt"]
    assert project.read("data/a.txt") == "a"


def test_a_generator_that_fails_is_reported_and_runs_again_next_time(project):
    project.write("generate.py", "raise SystemExit('no events today')")
    with pytest.raises(seeding.SeedFailed, match="exit code 1: no events today"):
        project.seed()
    project.write("generate.py", GENERATOR)
    project.seed()
    assert project.read("made/deep/made.txt") == "hello"


def test_a_definition_that_glue_refuses_is_reported_with_its_file_and_glues_words(project):
    text = "Command: {Name: pythonshell, PythonVersion: '3.9'}\nMaxCapacity: 1.0\nAllocatedCapacity: 2\n"
    project.write(f"glue/{project.job}/job.yaml", text)
    with pytest.raises(seeding.SeedFailed) as caught:
        project.seed()
    assert f"glue/{project.job}/job.yaml: job {project.job} was refused, InvalidInputException" in str(caught.value)


def test_a_wrong_file_leaves_the_account_untouched(project):
    project.write(f"glue/{project.job}/job.yaml", "Colour: red\n")
    with pytest.raises(seeding.BadFile):
        project.seed()
    assert project.bucket not in [bucket["Name"] for bucket in project.s3.list_buckets()["Buckets"]]


def test_the_shipped_project_can_be_seeded(localstack):
    seed_file = seeding.seed_file_of(ROOT)
    given = {"endpoint": localstack.endpoint, "region": "us-east-1", "project": ROOT, "seed_file": seed_file}
    seeding.seed(**given, log=lambda _: None)
    listed = localstack.client("s3").list_objects_v2(Bucket="impressions-raw", Prefix="events/dt=2023-05-01/")
    assert listed["KeyCount"] == 4
    assert localstack.client("glue").get_job(JobName="impressions_sessionise")["Job"]["MaxRetries"] == 0
    again = seeding.seed(**given, log=lambda _: None)
    assert (again.buckets, again.objects, again.jobs) == ([], [], [])
