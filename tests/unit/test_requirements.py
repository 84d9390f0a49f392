"""The user's requirements.txt: nothing is installed for what is there, all else goes over Airflow's environment."""

import shutil
import subprocess
from dataclasses import replace

import pytest

from mwaa_local import configuration_options, requirements
from mwaa_local.errors import InstallFailed
from mwaa_local.settings import ROOT, Settings, load

INSTALLED = load().mwaa_state
SETUP = "from setuptools import setup; setup(name='{name}', version='{version}', py_modules=['{name}'])"


@pytest.fixture
def project(tmp_path):
    """Settings of a project without requirements, over the environments that are installed."""
    (tmp_path / "project" / "dags").mkdir(parents=True)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "venvs").symlink_to(INSTALLED / "venvs")
    return replace(Settings(), mwaa_project=tmp_path / "project", mwaa_state=tmp_path / "state")


def ask_for(project, text):
    (project.mwaa_project / "requirements.txt").write_text(text)
    return requirements.prefix_for(project)


def package(folder, name, version="1.0"):
    """A source package on disk, so that pip needs no network; returns its folder."""
    folder.mkdir()
    (folder / "setup.py").write_text(SETUP.format(name=name, version=version))
    (folder / f"{name}.py").write_text(f"version = {version!r}\n")
    return folder


def python(prefix, code):
    done = subprocess.run([prefix / "bin" / "python", "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr


def test_the_shipped_file_asks_for_nothing_that_is_not_there(project):
    shutil.copy(ROOT / "requirements.txt", project.mwaa_project)
    assert requirements.prefix_for(project) == project.mwaa_state / "venvs" / "airflow"


def test_without_a_file_airflow_runs_in_the_locked_environment(project):
    assert requirements.prefix_for(project) == project.mwaa_state / "venvs" / "airflow"


def test_a_package_goes_over_airflows_environment_and_leaves_that_alone(project, tmp_path):
    folder = package(tmp_path / "source", "users_own")
    prefix = ask_for(project, f"apache-airflow==2.2.2\n{folder}\n")
    assert prefix == project.mwaa_state / "requirements"
    assert python(prefix, "import users_own, airflow; print(users_own.version, airflow.__version__)") == "1.0 2.2.2"
    assert "ModuleNotFoundError" in python(project.mwaa_state / "venvs" / "airflow", "import users_own")
    assert "aws_local.guard" in python(prefix, "import sys; print([name for name in sys.modules if 'guard' in name])")


def test_an_unchanged_file_is_installed_once(project, tmp_path):
    text = f"{package(tmp_path / 'source', 'users_own')}\n"
    prefix = ask_for(project, text)
    (prefix / "untouched").write_text("")
    assert (ask_for(project, text) / "untouched").exists()


def test_a_configuration_option_may_stand_in_the_file_as_its_variable(project, tmp_path):
    for version in ("1.0", "2.0"):
        package(tmp_path / version, "users_own", version)
        (project.mwaa_project / configuration_options.NAME).write_text(f"foo.place: {tmp_path / version}\n")
        prefix = ask_for(project, "${AIRFLOW__FOO__PLACE}\n")
        assert python(prefix, "import users_own; print(users_own.version)") == version


def test_requirements_that_do_not_resolve_leave_nothing_and_say_why(project, tmp_path):
    source = package(tmp_path / "source", "users_own")
    with pytest.raises(InstallFailed) as failed:
        ask_for(project, f"{source}\nusers-own==2.0\n")
    assert "requirements.txt" in str(failed.value) and "pip said" in str(failed.value)
    assert not (project.mwaa_state / "requirements" / "bin").exists()
    (project.mwaa_project / "requirements.txt").write_text("")
    assert requirements.prefix_for(project) == project.mwaa_state / "venvs" / "airflow"
