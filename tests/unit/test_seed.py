"""What a seed.yaml may say, where things go, and what happens before any AWS call."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mwaa_local import seed as seeding
from mwaa_local.checked_yaml import BadFile
from mwaa_local.seed_file import SeedFile, load_seed_file
from mwaa_local.settings import ROOT

UNREACHABLE = "http://127.0.0.1:9"  # nobody listens on the port of "discard"


def write(project: Path, text: str) -> Path:
    path = project / "seed.yaml"
    path.write_text(text)
    return path


def mistakes(project: Path, text: str) -> str:
    with pytest.raises(BadFile) as caught:
        load_seed_file(write(project, text), project)
    return str(caught.value)


def test_the_shipped_seed_file_is_valid_and_names_files_that_are_there():
    wanted = load_seed_file(seeding.seed_file_of(ROOT), ROOT)
    assert wanted.bucket_names() == {"impressions-raw", "impressions-processed"}
    assert ("impressions-raw", "events/dt=2023-05-01/part-00.json.gz") in wanted.files()


def test_a_project_of_a_users_own_does_not_get_the_samples_seed_file(tmp_path):
    assert seeding.seed_file_of(tmp_path) == tmp_path / "seed.yaml"


def test_no_seed_file_wants_nothing(tmp_path):
    assert load_seed_file(tmp_path / "seed.yaml", tmp_path) == SeedFile()


def test_variables_keep_their_types(tmp_path):
    path = write(tmp_path, "variables:\n  text: hello\n  number: 5\n  nested: {a: [1, true, null]}\n")
    assert load_seed_file(path, tmp_path).variables == {
        "text": "hello",
        "number": 5,
        "nested": {"a": [1, True, None]},
    }


def test_secrets_are_texts(tmp_path):
    path = write(tmp_path, "secrets:\n  a/b: hello\n  number: 5\n  nested: {user: a}\n")
    assert load_seed_file(path, tmp_path).secrets == {"a/b": "hello", "number": "5", "nested": '{"user": "a"}'}


@pytest.mark.parametrize(("line", "told"), [("a b: c", "name matches"), ("a: ''", "not empty"), ("a:", "not empty")])
def test_a_secret_that_cannot_be_is_refused(tmp_path, line, told):
    assert f"seed.yaml:2: secrets.{line[: line.index(':')]}" in mistakes(tmp_path, f"secrets:\n  {line}\n")
    assert told in mistakes(tmp_path, f"secrets:\n  {line}\n")


def test_a_folder_goes_below_its_prefix_and_a_file_to_its_key(tmp_path):
    (tmp_path / "data" / "deep").mkdir(parents=True)
    for name in ("data/a.csv", "data/deep/b.csv", "one.csv"):
        (tmp_path / name).write_text(name)
    text = """
objects:
  - {from: data, to: s3://bucket/in}
  - {from: one.csv, to: s3://bucket/in/}
  - {from: one.csv, to: s3://other}
  - {from: one.csv, to: s3://other/renamed.csv}
"""
    wanted = load_seed_file(write(tmp_path, text), tmp_path)
    assert set(wanted.files()) == {
        ("bucket", "in/a.csv"),
        ("bucket", "in/deep/b.csv"),
        ("bucket", "in/one.csv"),
        ("other", "one.csv"),
        ("other", "renamed.csv"),
    }
    assert wanted.bucket_names() == {"bucket", "other"}


def test_a_link_out_of_a_folder_is_not_uploaded(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "data" / "link").symlink_to(tmp_path / "secret")
    path = write(tmp_path / "project", "objects: [{from: data, to: s3://bucket/}]\n")
    assert load_seed_file(path, tmp_path / "project").files() == {}


WRONG = {
    "unknown part": ("bucket: [a]\n", 1, "bucket: unknown field, did you mean buckets?"),
    "bucket name that S3 refuses": ("buckets:\n  - Not_A_Bucket\n", 2, "buckets[0]: 'Not_A_Bucket' does not match"),
    "object without to": ("objects:\n  - from: seed.yaml\n", 2, "objects[0]: to is missing"),
    "target that is no S3 location": ("objects:\n  - from: seed.yaml\n    to: bucket/key\n", 3, "objects[0].to:"),
    "file that is not there": ("objects:\n  - {from: nothing, to: s3://bucket/}\n", 2, "objects[0].from: there is no"),
    "file outside": ("objects:\n  - {from: ../../etc, to: s3://bucket/}\n", 2, "lies outside the project"),
    "generator that is a folder": (
        "generate:\n  - {script: ., to: s3://bucket/}\n",
        2,
        "generate[0].script: there is no",
    ),
    "generator's argument as a number": (
        "generate:\n  - script: seed.yaml\n    to: s3://bucket/\n    arguments: [5]\n",
        4,
        "arguments[0]: must be text",
    ),
    "connection with a wrong field": (
        "connections:\n  c: {uri: 'http://x', user: me}\n",
        2,
        "connections.c.user: unknown field",
    ),
    "connection without its kind": (
        "connections:\n  c:\n    host: x\n",
        3,
        "connections.c: needs either uri or conn_type",
    ),
    "port as text": (
        "connections:\n  c: {conn_type: http, port: '80'}\n",
        2,
        "connections.c.port: must be a whole number",
    ),
    "port that is none": ("connections:\n  c: {conn_type: http, port: 99999}\n", 2, "is too big, at most 65535"),
    "variables as a list": ("variables: [a]\n", 1, "variables: must be a mapping of names to values, found a list"),
    "variable that is given twice": ("variables:\n  a: 1\n  a: 2\n", 3, "variables.a: is given twice"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_reported_with_file_line_and_field(tmp_path, case):
    text, line, complaint = WRONG[case]
    report = mistakes(tmp_path, text)
    assert f"{tmp_path}/seed.yaml:{line}: " in report
    assert complaint in report


def test_mistakes_in_jobs_and_seed_file_come_together_and_before_any_aws_call(tmp_path):
    (tmp_path / "glue" / "a").mkdir(parents=True)
    (tmp_path / "glue" / "a" / "job.yaml").write_text("Timeout: 5\n")
    write(tmp_path, "colour: red\n")
    with pytest.raises(BadFile) as caught:
        seeding.seed(endpoint=UNREACHABLE, region="us-east-1", project=tmp_path)
    assert "job.yaml:1: Command is missing" in str(caught.value)
    assert "seed.yaml:1: colour: unknown field" in str(caught.value)


def test_an_endpoint_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(seeding.SeedFailed, match=UNREACHABLE):
        seeding.seed(endpoint=UNREACHABLE, region="us-east-1", project=tmp_path)


def test_real_aws_is_never_seeded(tmp_path):
    with pytest.raises(seeding.SeedFailed, match="is real AWS"):
        seeding.seed(endpoint="https://s3.us-east-1.amazonaws.com", region="us-east-1", project=tmp_path)


def stack_with(tmp_path: Path, script: str) -> Path:
    root = tmp_path / "root"
    (root / "stack" / "bin").mkdir(parents=True)
    role = root / "stack" / "bin" / "seed-airflow"
    role.write_text(f"#!{shutil.which('bash')}\n{script}\n")
    role.chmod(0o755)
    return root


def test_nothing_is_handed_over_to_airflow_when_there_is_nothing_to_set(tmp_path):
    seeding.hand_over({"variables": {"a": 1}, "connections": {}}, state=tmp_path)
    assert seeding.hand_over({"variables": {}, "connections": {}}, state=tmp_path) is None
    assert not (tmp_path / "seed" / "airflow.json").exists(), "or the one before would be set again"


def test_airflow_gets_a_file_that_only_its_owner_can_read(tmp_path):
    root = stack_with(tmp_path, 'cat "$1"; echo "state $MWAA_STATE"')
    file = seeding.hand_over({"variables": {"a": 1}}, state=tmp_path / "state")
    printed = seeding.apply_to_airflow(file, root=root, state=tmp_path / "state")
    assert printed == '{"variables": {"a": 1}}state ' + str(tmp_path / "state")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_failure_in_airflow_shows_its_last_words(tmp_path):
    root = stack_with(tmp_path, "echo database is away >&2; exit 3")
    with pytest.raises(seeding.SeedFailed, match="database is away"):
        seeding.apply_to_airflow(tmp_path / "airflow.json", root=root, state=tmp_path)
