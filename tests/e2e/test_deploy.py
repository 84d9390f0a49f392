"""SOURCE=s3: an environment that has its files from its bucket, `make deploy` and its way back."""

from __future__ import annotations

import subprocess

import pytest

from tests.support import users_tests
from tests.support.stack import StackUnderTest, poll

DAG = (
    "import pendulum\nfrom airflow import DAG\n"
    "dag = DAG('{}', start_date=pendulum.datetime(2024, 1, 1), schedule_interval=None)\n"
)
PLUGIN = "from airflow.plugins_manager import AirflowPlugin\nclass P(AirflowPlugin):\n    name = '{}'\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployed")
    folder.chmod(0o755)  # in Docker mode another user reads it
    for name in ("dags", "plugins", "glue"):
        (folder / name).mkdir()
    (folder / "dags" / "one.py").write_text(DAG.format("first"))
    (folder / "plugins" / "mine.py").write_text(PLUGIN.format("first_plugin"))
    return folder


@pytest.fixture(scope="module")
def environment(project, tmp_path_factory):
    settings = {"MWAA_PROJECT": str(project), "SOURCE": "s3", "CLOCK": "fast", "EXECUTOR": "local"}
    stack = StackUnderTest(tmp_path_factory.mktemp("deploy") / "state", **settings)
    try:
        stack.up()
        yield stack
    finally:
        stack.destroy()


def dags(stack):
    return {word for word in stack.airflow.run("dags", "list").stdout.split() if word in ("first", "second")}


def delivered(stack, path):
    """Whether the bucket has brought the DAG file."""
    return bool(stack.read(f"$AIRFLOW__CORE__DAGS_FOLDER/{path}"))


def names_in_plugins_zip(stack):
    show = "import os, zipfile; print(*zipfile.ZipFile(os.environ['MWAA_PLUGINS_ZIP']).namelist())"
    command, environment = stack.airflow.command("python", "-c", show), stack.airflow.environment()
    return subprocess.check_output(command, text=True, env=environment).split()


def deploy(stack, *arguments):
    done = stack.command("deploy", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_is_there_until_it_is_deployed(environment, project):
    assert dags(environment) == set()
    said = deploy(environment)
    assert "1 files, 1 uploaded" in said and "AVAILABLE" in said
    assert poll(lambda: delivered(environment, "one.py"), 30)
    assert names_in_plugins_zip(environment) == ["mine.py"]
    assert dags(environment) == {"first"}
    assert "first_plugin" in environment.airflow.run("plugins").stdout


def test_what_is_there_already_is_neither_uploaded_nor_an_update(environment):
    said = deploy(environment)
    assert "0 uploaded" in said and "nothing to update" in said


def test_a_new_dag_file_comes_and_a_deleted_one_goes_without_an_update(environment, project):
    (project / "dags" / "sub").mkdir()
    (project / "dags" / "sub" / "two.py").write_text(DAG.format("second"))
    (project / "dags" / "one.py").unlink()
    assert "nothing to update" in deploy(environment)
    assert poll(lambda: delivered(environment, "sub/two.py") and not delivered(environment, "one.py"), 30)
    assert dags(environment) == {"second"}


def test_a_rollback_brings_back_files_and_versions(environment, project):
    (project / "plugins" / "mine.py").write_text(PLUGIN.format("second_plugin"))
    deploy(environment)
    assert "second_plugin" in environment.airflow.run("plugins").stdout
    deploy(environment)  # the same again is no step on the way back
    deploy(environment, "--rollback")
    assert "first_plugin" in environment.airflow.run("plugins").stdout
    deploy(environment, "--rollback")
    assert poll(lambda: delivered(environment, "one.py"), 30)
    assert dags(environment) == {"first"}


def test_without_a_deploy_before_there_is_no_way_back(environment):
    done = environment.command("deploy", "--rollback")
    assert done.returncode == 1 and "no deploy to go back to" in done.stderr


def test_a_test_on_the_stack_cannot_put_a_file_beside_those_of_the_bucket(environment, tmp_path):
    file = tmp_path / "one.py"
    file.write_text(DAG.format("of_a_user"))
    users_tests.write(tmp_path, f"def test_it(deployed):\n    with deployed({str(file)!r}):\n        pass\n")
    done = users_tests.run(environment.state, tmp_path)
    assert done.returncode == 1 and "(SOURCE=s3)" in done.stdout and "Next: make deploy" in done.stdout, done.stdout
