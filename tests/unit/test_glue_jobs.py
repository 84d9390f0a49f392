"""What a job.yaml may say, and how its mistakes are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_local.checked_yaml import BadFile
from mwaa_local.glue_jobs import create_job_shape, load_jobs
from mwaa_local.settings import ROOT

SHORTEST = "Command:\n  Name: pythonshell\n"


def add_job(project: Path, folder: str, yaml: str = SHORTEST, script: str | None = "print('hello')\n") -> Path:
    """Writes glue/<folder>/job.yaml (and script.py) and returns the job.yaml."""
    place = project / "glue" / folder
    place.mkdir(parents=True)
    (place / "job.yaml").write_text(yaml)
    if script is not None:
        (place / "script.py").write_text(script)
    return place / "job.yaml"


def mistakes(project: Path) -> str:
    with pytest.raises(BadFile) as caught:
        load_jobs(project)
    return str(caught.value)


def test_the_shipped_jobs_are_valid():
    assert {job.name for job in load_jobs(ROOT)} >= {"impressions_sessionise", "impressions_daily_aggregate"}


def test_a_project_without_glue_folder_has_no_jobs(tmp_path):
    assert load_jobs(tmp_path) == []


def test_name_role_and_script_location_may_be_left_out(tmp_path):
    add_job(tmp_path, "count_users")
    (job,) = load_jobs(tmp_path)
    request = job.request("arn:role", "s3://assets/x.py")
    assert request == {
        "Name": "count_users",
        "Role": "arn:role",
        "Command": {"Name": "pythonshell", "ScriptLocation": "s3://assets/x.py"},
    }


def test_what_is_written_wins_over_what_would_be_filled_in(tmp_path):
    add_job(
        tmp_path, "a", "Name: b\nRole: mine\nCommand: {Name: glueetl, ScriptLocation: 's3://x/y.py'}\n", script=None
    )
    (job,) = load_jobs(tmp_path)
    assert job.script is None
    assert job.request("role", "location") == {
        "Name": "b",
        "Role": "mine",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://x/y.py"},
    }


def test_a_script_may_lie_elsewhere_in_the_project(tmp_path):
    (tmp_path / "shared.py").write_text("print()\n")
    add_job(tmp_path, "a", "Command: {Name: pythonshell, ScriptLocation: ../../shared.py}\n", script=None)
    (job,) = load_jobs(tmp_path)
    assert job.script is not None and job.script.resolve() == (tmp_path / "shared.py").resolve()


def test_a_folder_of_data_is_no_job(tmp_path):
    (tmp_path / "glue" / "data").mkdir(parents=True)
    (tmp_path / "glue" / "data" / "events.json").write_text("{}")
    assert load_jobs(tmp_path) == []


def test_merge_keys_and_anchors_are_resolved(tmp_path):
    text = (
        "Command: &c {Name: pythonshell, PythonVersion: '3.9'}\nDefaultArguments:\n  <<: {'--a': '1'}\n  '--a': '2'\n"
    )
    add_job(tmp_path, "a", text)
    assert load_jobs(tmp_path)[0].definition["DefaultArguments"] == {"--a": "2"}


def test_every_field_of_the_model_is_accepted_by_name(tmp_path):
    add_job(tmp_path, "a", SHORTEST + "NoSuchField: 1\n")
    text = mistakes(tmp_path)
    assert all(name in text for name in create_job_shape().members)


WRONG = {
    "unknown field, with the one that was meant": (
        "Comand: {Name: x}\n" + SHORTEST,
        1,
        "Comand: unknown field, did you mean Command?",
    ),
    "unknown nested field": ("Command:\n  Name: pythonshell\n  Python: '3'\n", 3, "Command.Python: unknown field"),
    "field of the wrong case": ("timeout: 5\n" + SHORTEST, 1, "did you mean Timeout?"),
    "a number where AWS wants text": (
        SHORTEST + "GlueVersion: 3.0\n",
        3,
        "GlueVersion: must be text, found the number 3.0: write it in quotes",
    ),
    "text where AWS wants a number": (
        SHORTEST + "Timeout: soon\n",
        3,
        "Timeout: must be a whole number, found the text soon",
    ),
    "a yes/no value where AWS wants a number": (
        SHORTEST + "MaxRetries: yes\n",
        3,
        "MaxRetries: must be a whole number",
    ),
    "a fraction where AWS wants a whole number": (SHORTEST + "MaxRetries: 1.5\n", 3, "found the number 1.5"),
    "a value below the model's minimum": (SHORTEST + "Timeout: 0\n", 3, "Timeout: 0 is too small, at least 1"),
    "a value that is not in the model's enum": (
        SHORTEST + "WorkerType: Huge\n",
        3,
        "'Huge' is not among: Standard, G.1X",
    ),
    "a Python version Glue does not have": (
        "Command:\n  Name: pythonshell\n  PythonVersion: '3.12'\n",
        3,
        "Command.PythonVersion: '3.12' does not match",
    ),
    "a number as an argument": (
        SHORTEST + "DefaultArguments:\n  '--limit': 5\n",
        4,
        "DefaultArguments.--limit: must be text, found the number 5",
    ),
    "a field without a value": (SHORTEST + "Description:\n", 3, "Description: must be text, found nothing"),
    "a list where AWS wants a mapping": (
        "Command: [pythonshell]\n",
        1,
        "Command: must be a mapping of names to values, found a list",
    ),
    "a mapping where AWS wants a list": (
        SHORTEST + "Connections:\n  Connections: {a: b}\n",
        4,
        "Connections.Connections: must be a list",
    ),
    "a field that is given twice": (SHORTEST + "Timeout: 5\nTimeout: 6\n", 4, "Timeout: is given twice"),
    "a job without Command": ("Timeout: 5\n", 1, "Command is missing"),
    "a Command without Name": ("Command:\n  PythonVersion: '3'\n", 2, "Command: Name is missing"),
    "broken YAML": (SHORTEST + "Timeout: [5\n", 4, "no valid YAML"),
    "a tab": ("Command:\n\tName: pythonshell\n", 2, "no valid YAML"),
    "two documents": (SHORTEST + "---\n" + SHORTEST, 3, "no valid YAML"),
    "a text instead of fields": ("hello\n", 1, "must be a mapping of names to values, found the text hello"),
    "an empty file": ("", 1, "is empty"),
    "an alias to itself": (SHORTEST + "DefaultArguments: &a\n  '--x': *a\n", 3, "refers to itself"),
    "a Python object": ("Command: !!python/object/apply:os.system ['true']\n", 1, "Command: must be a mapping"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_reported_with_file_line_and_field(tmp_path, case):
    text, line, complaint = WRONG[case]
    source = add_job(tmp_path, "a", text)
    report = mistakes(tmp_path)
    assert f"{source}:{line}: " in report
    assert complaint in report


def test_a_file_that_is_no_text_is_reported(tmp_path):
    source = add_job(tmp_path, "a")
    source.write_bytes(b"\xff\xfe\x00\xd8")
    assert f"{source}:1: no valid YAML" in mistakes(tmp_path)


def test_all_mistakes_of_all_files_come_at_once(tmp_path):
    first = add_job(tmp_path, "a", SHORTEST + "Timeout: soon\nColour: red\n")
    second = add_job(tmp_path, "b", "Timeout: 5\n")
    report = mistakes(tmp_path)
    assert report.startswith("3 mistakes")
    assert report.count(f"{first}:") == 2 and report.count(f"{second}:") == 1


def test_two_jobs_of_one_name_are_refused_with_both_files(tmp_path):
    first = add_job(tmp_path, "a", "Name: same\n" + SHORTEST)
    second = add_job(tmp_path, "b", "Name: same\n" + SHORTEST)
    report = mistakes(tmp_path)
    assert f"{second}:1: Name: same is taken by {first}" in report


def test_a_folder_without_script_is_refused(tmp_path):
    add_job(tmp_path, "a", script=None)
    assert f"there is no script {tmp_path}/glue/a/script.py" in mistakes(tmp_path)


def test_a_script_without_job_yaml_is_refused(tmp_path):
    add_job(tmp_path, "a").unlink()
    assert f"{tmp_path}/glue/a/job.yaml:1: is missing" in mistakes(tmp_path)


def test_an_empty_script_is_refused(tmp_path):
    add_job(tmp_path, "a", script="")
    assert "is empty" in mistakes(tmp_path)


@pytest.mark.parametrize("location", ["../../../outside.py", "{absolute}/outside.py"])
def test_a_script_outside_the_project_is_refused(tmp_path, location):
    project = tmp_path / "project"
    (tmp_path / "outside.py").write_text("print()\n")
    location = location.format(absolute=tmp_path)
    add_job(project, "a", f"Command:\n  Name: pythonshell\n  ScriptLocation: {location}\n", script=None)
    report = mistakes(project)
    assert "job.yaml:3: Command.ScriptLocation: the script" in report
    assert f"lies outside the project {project}" in report


@pytest.mark.parametrize("linked", ["script.py", "job.yaml"])
def test_a_symbolic_link_out_of_the_project_is_refused(tmp_path, linked):
    project = tmp_path / "project"
    source = add_job(project, "a")
    outside = tmp_path / linked
    (source.parent / linked).rename(outside)
    (source.parent / linked).symlink_to(outside)
    assert f"lies outside the project {project}" in mistakes(project)


def test_a_job_folder_that_is_a_link_out_of_the_project_is_refused(tmp_path):
    add_job(tmp_path / "elsewhere", "a")
    project = tmp_path / "project"
    (project / "glue").mkdir(parents=True)
    (project / "glue" / "a").symlink_to(tmp_path / "elsewhere" / "glue" / "a")
    assert f"lies outside the project {project}" in mistakes(project)


def test_a_project_reached_through_a_link_is_itself(tmp_path):
    add_job(tmp_path / "real", "a")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [job.name for job in load_jobs(tmp_path / "link")] == ["a"]
